internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Convolutions. Keras pads them not at all or by `same`, and after lowering they are padded so.
extension KerasGraph {
  mutating func add(_ layer: Layer.Convolution, _ node: Node) throws(FormatError) {
    if isSeparable(layer, node) {
      separable[node.outputs[0]] = (layer, node)
    } else if let (depthwise, first) = separable.removeValue(forKey: node.inputs[0]) {
      try convolve(depthwise, first, behind: (layer, node))
    } else {
      try convolve(layer, node, behind: nil)
    }
  }

  /// Whether a depthwise convolution and the one behind it, over single pixels, were one layer of
  /// Keras when they were read; two layers stay two, whose weights have two names.
  private func isSeparable(_ layer: Layer.Convolution, _ node: Node) -> Bool {
    guard layer.groups == shape(of: node.inputs[0])[1], layer.bias == nil,
      !layer.needsSeparateStride(isDepthwise: true), let readers = readers[node.outputs[0]],
      readers.count == 1, node.name == "\(readers[0].name)/depthwise",
      case .convolution(let second) = readers[0].layer
    else { return false }
    return second.kernel.shape.dimensions.suffix(2) == [1, 1] && second.groups == 1
      && second.stride == Extent(1) && second.padding == .none
  }

  /// Adds a convolution.
  ///
  /// - Parameter pointwise: one over single pixels that is part of the same layer.
  private mutating func convolve(
    _ layer: Layer.Convolution, _ node: Node,
    behind pointwise: (layer: Layer.Convolution, node: Node)?
  ) throws(FormatError) {
    let last = pointwise?.node ?? node
    let image = image(value(node.inputs[0]), for: node)
    let isDepthwise = pointwise != nil || layer.groups > 1 && layer.groups == image.shape[1]
    let isSame = layer.padding != .none
    if isSame, layer.stride != Extent(1) { remarks.add(.fixedSizes, last.name) }
    let activation = activation(within: last, .image)
    let outputs = pointwise?.layer.kernel.shape[0] ?? layer.kernel.shape[0]
    let result = append(
      last,
      pointwise != nil ? .separableConvolution : isDepthwise ? .depthwiseConvolution : .convolution,
      settings(
        layer, isSame: isSame, filters: isDepthwise && pointwise == nil ? nil : outputs,
        multiplier: isDepthwise ? layer.kernel.shape[0] / layer.groups : nil,
        hasBias: (pointwise?.layer ?? layer).bias != nil, activation: activation?.name),
      weights: try weights(layer, node, isDepthwise: isDepthwise, pointwise), to: [image],
      shape: shape(of: last.outputs[0]), .image)
    finish(last, result, with: activation)
  }

  private func settings(
    _ layer: Layer.Convolution, isSame: Bool, filters: Int?, multiplier: Int?, hasBias: Bool,
    activation: String?
  ) -> [JSON.Member] {
    let kernel = layer.kernel.shape
    var settings = filters.map { [JSON.Member("filters", .integer($0))] } ?? []
    settings += [
      .init("kernel_size", .integers([kernel[2], kernel[3]])),
      .init("strides", .integers([layer.stride.height, layer.stride.width])),
      .init("padding", .string(isSame ? "same" : "valid")),
      .init("data_format", .string("channels_last")),
      .init("dilation_rate", .integers([layer.dilation.height, layer.dilation.width])),
    ]
    if let multiplier {
      settings.append(.init("depth_multiplier", .integer(multiplier)))
    } else if layer.groups > 1 {
      settings.append(.init("groups", .integer(layer.groups)))
    }
    return settings + [
      .init("activation", .string(activation ?? "linear")), .init("use_bias", .bool(hasBias)),
    ]
  }

  private mutating func weights(
    _ layer: Layer.Convolution, _ node: Node, isDepthwise: Bool,
    _ pointwise: (layer: Layer.Convolution, node: Node)?
  ) throws(FormatError) -> [WeightDraft] {
    let transforms =
      isDepthwise
      ? KerasLayout.storedDepthwiseKernel(layer.kernel.shape, channels: layer.groups)
      : KerasLayout.storedKernel
    var weights = [
      try weight(
        isDepthwise ? "depthwise_kernel" : "kernel", layer.kernel, .kernel, node, transforms)
    ]
    if let (second, node) = pointwise {
      weights.append(
        try weight(
          "pointwise_kernel", second.kernel, .kernel, node, KerasLayout.storedKernel))
    }
    let (last, owner) = pointwise ?? (layer, node)
    if let bias = last.bias { weights.append(try vector("bias", bias, .bias, owner)) }
    return weights
  }
}

extension Layer.Convolution {
  /// Keras has no strides with dilation, TensorFlow no unequal ones for depthwise convolutions.
  func needsSeparateStride(isDepthwise: Bool) -> Bool {
    stride != Extent(1)
      && (dilation != Extent(1) || isDepthwise && stride.height != stride.width)
  }
}

extension String {
  /// The text before a suffix; the whole where it does not end so.
  func withoutSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
