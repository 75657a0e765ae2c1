internal import JSON
internal import ModelGraph
internal import TensorCore

extension LayerDraft {
  /// The layer of Keras that computes the same along lines; nil for one that has none, such as one
  /// whose windows see several rows.
  var alongLines: LayerDraft? {
    var layer = self
    layer.shapes = shapes.map(\.withoutRow)
    switch type {
    case .convolution: layer.type = .convolution1D
    case .depthwiseConvolution: layer.type = .depthwiseConvolution1D
    case .separableConvolution: layer.type = .separableConvolution1D
    case .maximumPooling: layer.type = .maximumPooling1D
    case .averagePooling: layer.type = .averagePooling1D
    case .globalMaximumPooling: layer.type = .globalMaximumPooling1D
    case .globalAveragePooling: layer.type = .globalAveragePooling1D
    case .zeroPadding, .cropping:
      // A piece of the channels is cut from an image.
      guard setting("data_format") != .string("channels_first") else { return nil }
      layer.type = type == .cropping ? .cropping1D : .zeroPadding1D
      layer.settings.removeAll { $0.name == "data_format" }  // which tf_keras does not know here
    case .batchNormalization, .normalization, .softmax, .concatenate:
      guard let axis = numbers("axis")?.first else { return nil }
      guard axis < 0 || axis > 1 else { return nil }
      layer.set("axis", .integer(axis < 0 ? axis : axis - 1))
      return layer
    case .prelu:
      if let axes = numbers("shared_axes") {
        layer.set("shared_axes", .nonEmpty(axes.filter { $0 != 1 }.map { $0 - 1 }))
      }
      return layer.withoutRowsOfWeights()
    case .activation, .relu, .elu, .add, .multiply, .maximum, .minimum, .rescaling, .dropout:
      return layer
    case .training: return layer.className.hasSuffix("2D") ? nil : layer
    default: return nil
    }
    for name in ["kernel_size", "pool_size", "strides", "dilation_rate"] {
      guard let extents = numbers(name) else { continue }
      guard extents.count == 2, extents[0] == 1 || name == "strides" || name == "dilation_rate"
      else { return nil }
      layer.set(name, .integers([extents[1]]))
    }
    for name in ["padding", "cropping"] {
      guard case .array(let sides)? = setting(name) else { continue }
      guard sides.count == 2, sides[0] == .integers([0, 0]) else { return nil }
      layer.set(name, sides[1])
    }
    return layer.withoutRowsOfWeights()
  }

  /// A setting's value.
  func setting(_ name: String) -> JSON? { settings.first { $0.name == name }?.value }

  /// A setting's whole numbers.
  func numbers(_ name: String) -> [Int]? {
    switch setting(name) {
    case .integer(let number)?: [number]
    case .array(let elements)?: elements.compactMap(\.wholeNumber)
    case .null, .bool, .double, .string, .object, nil: nil
    }
  }

  /// Gives a setting another value.
  mutating func set(_ name: String, _ value: JSON) {
    for index in settings.indices where settings[index].name == name {
      settings[index] = .init(name, value)
    }
  }

  /// Kernels and slopes without the axis of rows.
  private func withoutRowsOfWeights() -> LayerDraft? {
    var layer = self
    for index in weights.indices where weights[index].tensor.shape.rank > 2 {
      let shape = weights[index].tensor.shape
      guard shape[0] == 1 else { return nil }
      let line = Shape(Array(shape.dimensions.dropFirst()))
      layer.weights[index].tensor = weights[index].tensor.reshaped(to: line)
      layer.weights[index].transforms.append(.reshape(from: shape, to: line))
    }
    return layer
  }
}

extension JSON {
  /// Integers, or null for none.
  fileprivate static func nonEmpty(_ integers: [Int]) -> JSON {
    integers.isEmpty ? .null : .integers(integers)
  }
}
