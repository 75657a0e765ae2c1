public import ModelGraph
public import TensorCore

extension ResNetDescription {
  /// Gives the weights of a network: by the layer, what the weight is in it, and its shape.
  public typealias WeightSource = (ResNetPart, Layer.WeightRole, Shape) -> Tensor

  /// The layers of the network, in their order.
  ///
  /// - Parameters:
  ///   - name: the name of the network.
  ///   - names: what its layers are called; those of Caffe if nothing is given, which every format
  ///     can hold.
  ///   - weights: its weights; without it nobody has them, and only shapes and costs are known.
  /// - Throws: `NetworkError` where the names are not unique.
  public func network(
    named name: String, names: LayerNames? = nil,
    weights: @escaping WeightSource = { Tensor(absent: $2)! }  // extents that were just written
  ) throws(NetworkError) -> Network {
    let names = names ?? LayerNames(.caffe, of: self)
    return try Network(name: name, nodes: ResNetGraph(self, names: names, weight: weights).nodes)
  }
}
