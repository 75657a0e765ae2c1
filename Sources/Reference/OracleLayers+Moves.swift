internal import ModelGraph
internal import TensorCore

extension OracleLayers {
  /// The inputs one after the other along the axis.
  static func concatenation(
    _ layer: Layer.Concatenation, _ x: [OracleValue], _ shape: Shape
  ) -> OracleValue {
    var elements: [Double] = []
    elements.reserveCapacity(shape.elementCount)
    for outer in 0..<shape.elementCount(before: layer.axis) {
      for part in x {
        let run = part.shape.elementCount(from: layer.axis)
        elements += part.elements[outer * run..<(outer + 1) * run]
      }
    }
    return OracleValue(shape: shape, elements: elements)
  }

  /// The input cut along the axis, each part with its own extent.
  static func slice(_ layer: Layer.Slice, _ x: OracleValue, _ shapes: [Shape]) -> [OracleValue] {
    let whole = x.shape.elementCount(from: layer.axis)
    var start = 0
    return shapes.map { shape in
      let run = shape.elementCount(from: layer.axis)
      var elements: [Double] = []
      elements.reserveCapacity(shape.elementCount)
      for outer in 0..<x.shape.elementCount(before: layer.axis) {
        elements += x.elements[outer * whole + start..<outer * whole + start + run]
      }
      start += run
      return OracleValue(shape: shape, elements: elements)
    }
  }

  /// A value repeated along the axes in which it is smaller.
  static func broadcast(_ x: OracleValue, to shape: Shape) -> OracleValue {
    guard x.shape != shape else { return x }
    let strides = x.shape.strides(broadcastTo: shape)
    return make(shape) { index in
      var (rest, source) = (index, 0)
      for axis in strides.indices.reversed() {
        source += rest % shape[axis] * strides[axis]
        rest /= shape[axis]
      }
      return x.elements[source]
    }
  }

  /// Some of the elements along the axis.
  static func crop(_ layer: Layer.Crop, _ x: OracleValue, _ shape: Shape) -> OracleValue {
    let extent = x.shape[layer.axis]
    let inner = x.shape.elementCount(from: layer.axis + 1)
    var elements: [Double] = []
    elements.reserveCapacity(shape.elementCount)
    for outer in 0..<x.shape.elementCount(before: layer.axis) {
      for place in layer.elements(of: extent) {
        let start = (outer * extent + place) * inner
        elements += x.elements[start..<start + inner]
      }
    }
    return OracleValue(shape: shape, elements: elements)
  }

  /// The elements of the input by the index of the output.
  static func permutation(
    _ layer: Layer.Permutation, _ x: OracleValue, _ shape: Shape
  ) -> OracleValue {
    let elements = (0..<shape.elementCount).map { index in
      var source = 0
      var rest = index
      for axis in layer.axes.indices.reversed() {
        source += rest % shape[axis] * x.shape.elementCount(from: layer.axes[axis] + 1)
        rest /= shape[axis]
      }
      return x.elements[source]
    }
    return OracleValue(shape: shape, elements: elements)
  }

  /// The input inside a field of one number, or the part of it that is not cut off.
  static func zeroPadding(
    _ layer: Layer.ZeroPadding, _ x: OracleValue, _ shape: Shape
  ) -> OracleValue {
    var elements = [Double](repeating: layer.value, count: shape.elementCount)
    let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    for index in x.elements.indices {
      let column = index % width + layer.spatial.left
      let row = index / width % height + layer.spatial.top
      let channel = index / (width * height) % channels + layer.channelsBefore
      let image = index / (width * height * channels)
      guard 0..<shape[3] ~= column, 0..<shape[2] ~= row else { continue }
      elements[((image * shape[1] + channel) * shape[2] + row) * shape[3] + column] =
        x.elements[index]
    }
    return OracleValue(shape: shape, elements: elements)
  }
}
