// The wrapper of `multi_gpu_model` (Keras 2.0.9 to 2.3): each copy of the model gets a piece of the
// batch by a Lambda, and the results are joined along the batch.
extension KerasModel {
  /// The model that was copied, whose layers have the names that they had before, and what is around
  /// it without the copies: there the weights have their names. Nil for any other model.
  ///
  /// The functions are not looked at: what else could go before copies of a model whose results are
  /// joined along the batch?
  func withoutCopies() -> (around: KerasModel, inner: KerasModel)? {
    let models = layers.indices.filter { layers[$0].model != nil }
    guard models.count == 1, let copied = layers[models[0]].model else { return nil }
    let index = models[0]
    let lambdas = Set(layers.indices.filter { layers[$0].className == "Lambda" })
    let ends = layers.indices.filter { layers[$0].isJoiningBatches }
    let known = layers.indices.filter { layers[$0].type == .input }.count + lambdas.count
    guard !lambdas.isEmpty, known + ends.count + 1 == layers.count,
      ends.count == copied.outputs.count, outputs.map(\.layer) == ends,
      copied.inputs.count == inputs.count
    else { return nil }
    let reads = layers[index].calls.joined().map(\.layer)
    let isFed = reads.allSatisfy(lambdas.contains) && !reads.isEmpty
    let isJoined = ends.enumerated().allSatisfy { number, end in
      layers[end].calls.joined().allSatisfy { $0.layer == index && $0.output == number }
    }
    let isCut = lambdas.allSatisfy { lambda in
      layers[lambda].calls.joined().allSatisfy { layers[$0.layer].type == .input }
    }
    guard isFed, isJoined, isCut else { return nil }
    var holder = layers[index]
    let inner = copied.withoutPrefix(holder.path.count + 1)
    holder.model = inner
    holder.calls = []
    return (KerasModel(name: name, layers: [holder], inputs: [], outputs: []), inner)
  }

  /// The model as if it was in no other.
  private func withoutPrefix(_ count: Int) -> KerasModel {
    var model = self
    for index in model.layers.indices {
      model.layers[index].path = String(model.layers[index].path.dropFirst(count))
      model.layers[index].settings.place = model.layers[index].path
      model.layers[index].model = model.layers[index].model?.withoutPrefix(count)
    }
    return model
  }
}

extension KerasLayer {
  fileprivate var isJoiningBatches: Bool {
    type == .concatenate && (try? settings.integer("axis")) == 0
      || type == .merge && (try? settings.integer("concat_axis")) == 0
  }
}
