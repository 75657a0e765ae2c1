internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

extension TestPhaseNet {
  /// The shapes of the inputs: the one asked for, or those the definition gives.
  ///
  /// - Throws: `FormatError` that asks for a shape where the definition has none.
  func inputShapes(
    options: ReadingOptions, mean: MeanImage?
  ) throws(FormatError) -> [Shape] {
    if let asked = options.inputShape {
      guard inputs.count == 1 else {
        throw FormatError(
          .badModel,
          "expected one input for the shape \(asked), found "
            + "\(inputs.isEmpty ? "none" : inputs.map(\.name).joined(separator: ", "))")
      }
      return [try checked(asked.dimensions, of: inputs[0])]
    }
    var shapes: [Shape] = []
    for input in inputs {
      guard let extents = input.shape ?? input.data?.extents(mean: mean) else {
        throw FormatError(
          at: .object(input.name),
          "the definition gives no input shape: name one with --input-shape N,C,H,W")
      }
      shapes.append(try checked(extents, of: input))
    }
    return shapes
  }

  private func checked(_ extents: [Int], of input: Input) throws(FormatError) -> Shape {
    let limit = CaffeBlob.axisLimit
    guard (1...limit).contains(extents.count), extents.allSatisfy({ $0 > 0 }),
      let shape = Shape(checking: extents)
    else {
      throw FormatError(
        at: .object(input.name),
        "expected 1 to \(limit) extents of 1 or more that can be multiplied, "
          + "found \(extents.prefix(limit + 1))")
    }
    return shape
  }
}

extension DataParameters {
  /// The extents of a batch of one, where they follow from what the layer or a mean image says.
  fileprivate func extents(mean: MeanImage?) -> [Int]? {
    if let shape { return shape }
    // One mean value counts for all channels: it does not tell how many.
    let meanCount = transform.means.count > 1 ? transform.means.count : nil
    guard let channels = channels ?? meanCount ?? mean?.tensor.shape[0] else { return nil }
    if transform.cropSize > 0 {
      return [1, channels, transform.cropSize, transform.cropSize]
    }
    if let size { return [1, channels, size.height, size.width] }
    guard let image = mean?.tensor.shape else { return nil }
    return [1, channels, image[1], image[2]]
  }
}
