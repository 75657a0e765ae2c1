internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Pieces of values. Keras' layers cut nothing but rows and columns; with channels in front, what they
// take for rows and columns are columns and channels.
extension KerasGraph {
  mutating func add(_ layer: Layer.Slice, _ node: Node) throws(FormatError) {
    try require(layer.axis > 0, node, "Keras has no layer that cuts a batch")
    var input = value(node.inputs[0])
    if input.kerasAxis(layer.axis) == nil { input = plain(input, for: node) }
    let flat = input.shape.rank == 2
    if flat {
      let image: Shape = [input.shape[0], input.shape[1], 1, 1]
      input = append(
        unusedName("\(name(of: node))_image"), .reshape,
        [.init("target_shape", .integers([1, 1, input.shape[1]]))], to: [input], shape: image,
        .image)
    }
    guard input.shape.rank == 4, let axis = input.kerasAxis(layer.axis) else {
      throw fault(node, "Keras has no layer that cuts \(input.shape) into several")
    }
    remarks.add(.slices, node.name)
    let extent = input.shape[layer.axis]
    var start = 0
    for output in node.outputs {
      let shape = shape(of: output)
      let count = shape[layer.axis]
      let sides = JSON.integers([start, extent - start - count])
      let none = JSON.integers([0, 0])
      var piece = append(
        unusedName(Self.fit(output)), .cropping,
        [
          .init("cropping", .array(axis == 1 ? [sides, none] : [none, sides])),
          .init("data_format", .string(axis == 3 ? "channels_first" : "channels_last")),
        ], to: [input], shape: input.shape.replacing(layer.axis, by: count), input.arrangement)
      if flat {
        piece = append(
          unusedName("\(Self.fit(output))_flatten"), .flatten, [], to: [piece], shape: shape,
          .plain(2))
      }
      values[output] = piece
      start += count
    }
  }
}
