internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Convolutions. Keras pads them not at all or by `same`; other padding is a layer of its own.
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
    guard layer.groups == shapes[node.inputs[0]]![1], layer.bias == nil,
      !layer.needsSubsampling(isDepthwise: true), let readers = readers[node.outputs[0]],
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
    var image = image(value(node.inputs[0]), for: node)
    let isDepthwise = pointwise != nil || layer.groups > 1 && layer.groups == image.shape[1]
    let isStridden = layer.needsSubsampling(isDepthwise: isDepthwise)
    var windows = layer
    windows.stride = isStridden ? Extent(1) : layer.stride
    let isSame =
      layer.padding != .none && windows.axes(over: image.shape).allSatisfy(\.isSame)
    if layer.padding != .none, !isSame {
      image = pad(image, by: layer.padding, unusedName("\(name(of: last))_pad"))
      remarks.add(.padding, last.name)
      windows.padding = .none
    } else if isSame, windows.stride != Extent(1) {
      remarks.add(.fixedSizes, last.name)
    }
    let activation = isStridden ? nil : activation(within: last, .image)
    let outputs = pointwise?.layer.kernel.shape[0] ?? layer.kernel.shape[0]
    let axes = windows.axes(over: image.shape)
    let result = append(
      last,
      pointwise != nil ? .separableConvolution : isDepthwise ? .depthwiseConvolution : .convolution,
      settings(
        windows, isSame: isSame, filters: isDepthwise && pointwise == nil ? nil : outputs,
        multiplier: isDepthwise ? layer.kernel.shape[0] / layer.groups : nil,
        hasBias: (pointwise?.layer ?? layer).bias != nil, activation: activation?.name),
      weights: try weights(layer, node, isDepthwise: isDepthwise, pointwise), to: [image],
      shape: [image.shape[0], outputs, axes[0].count, axes[1].count], .image)
    guard isStridden else { return finish(last, result, with: activation) }
    remarks.add(.subsampling, last.name)
    finish(last, subsample(result, by: layer.stride, last, to: shapes[last.outputs[0]]!))
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

  /// Every nth row and column, from the first on.
  mutating func subsample(
    _ image: DraftValue, by stride: Extent, _ node: Node, to shape: Shape
  ) -> DraftValue {
    append(
      unusedName("\(name(of: node))_stride"), .maximumPooling,
      [
        .init("pool_size", .integers([1, 1])),
        .init("strides", .integers([stride.height, stride.width])),
        .init("padding", .string("valid")), .init("data_format", .string("channels_last")),
      ], to: [image], shape: shape, .image)
  }
}

extension Layer.Convolution {
  /// Keras has no strides with dilation, TensorFlow no unequal ones for depthwise convolutions.
  fileprivate func needsSubsampling(isDepthwise: Bool) -> Bool {
    stride != Extent(1)
      && (dilation != Extent(1) || isDepthwise && stride.height != stride.width)
  }

  /// The windows along rows and columns of an image.
  fileprivate func axes(over image: Shape) -> [AxisWindows] {
    let kernel = kernel.shape
    let rows = dilation.height * (kernel[2] - 1) + 1
    let columns = dilation.width * (kernel[3] - 1) + 1
    return [
      AxisWindows(
        count: (image[2] + padding.top + padding.bottom - rows) / stride.height + 1,
        extent: image[2], reach: rows, stride: stride.height, before: padding.top,
        after: padding.bottom),
      AxisWindows(
        count: (image[3] + padding.left + padding.right - columns) / stride.width + 1,
        extent: image[3], reach: columns, stride: stride.width, before: padding.left,
        after: padding.right),
    ]
  }
}
