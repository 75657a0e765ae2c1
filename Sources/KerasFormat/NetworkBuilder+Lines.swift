internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

extension KerasLayer {
  /// Whether the layer works along lines: `Conv1D`, `MaxPooling1D`.
  var isOfLines: Bool { className.hasSuffix("1D") }
}

// Layers along lines, which the canonical model has as images of one row.
extension NetworkBuilder {
  /// The input of a layer that works along lines.
  mutating func line(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    guard input.kerasShape.rank == 3, try format(of: layer) == .channelsLast else {
      throw layer.settings.fault(
        "expected a line with its channels last, found \(input.kerasShape)")
    }
    return try line(input)
  }

  /// The windows of a convolution along a line, and its padding.
  mutating func lineWindows(
    _ layer: KerasLayer, over line: Shape
  ) throws(FormatError) -> (WindowSettings, Padding) {
    let settings = layer.settings
    let length = try settings.extent(
      alongLine: try settings.integers("kernel_size", "filter_length"), "the window")
    let stride = try settings.extent(
      alongLine: try settings.integers("strides", "subsample_length") ?? [1], "strides")
    var windows = try WindowSettings(layer, kernel: length, stride: stride)
    windows.dilation = try settings.extent(
      alongLine: try settings.integers("dilation_rate", "atrous_rate") ?? [1], "dilation")
    return (windows, try padding(windows, of: layer, over: line) { reach, _ in reach / 2 })
  }

  /// The windows of a pooling along a line.
  func linePoolingWindows(_ layer: KerasLayer) throws(FormatError) -> WindowSettings {
    let settings = layer.settings
    let length = try settings.extent(
      alongLine: try settings.integers("pool_size", "pool_length") ?? [2], "the window")
    let stride = try settings.integers("strides", "stride")
    return try WindowSettings(
      layer, kernel: length,
      stride: stride == nil ? length : try settings.extent(alongLine: stride, "strides"))
  }

  /// A convolution along a line, which the canonical model has as an image of one row.
  mutating func convolution1D(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let settings = layer.settings
    let line = try line(layer, input)
    let (windows, padding) = try lineWindows(layer, over: line.shape)
    let groups = try settings.integer("groups") ?? 1
    let channels = line.shape[1]
    guard groups > 0, channels % groups == 0,
      let outputs = try settings.integer("filters", "nb_filter"), outputs > 0
    else {
      throw settings.fault("expected filters, and groups that divide \(channels) channels")
    }
    let flips = origin.isTheano
    let extents = [windows.kernel.width, channels / groups, outputs]
    var convolution = try once(layer.path) { (builder) throws(FormatError) in
      .convolution(
        .init(
          kernel: try builder.weight(
            .kernel, of: layer, expected: extents,
            target: "\(layer.path)/kernel"
          ) { KerasLayout.lineKernel($0, flips: flips) },
          bias: try builder.bias(of: layer, count: outputs), stride: windows.stride,
          dilation: windows.dilation, groups: groups))
    }
    convolution.pad(padding)
    return try add(layer, convolution, to: line, arrangement: .line)
  }
}

extension Settings {
  /// One number of 1 or more as an extent along a line.
  fileprivate func extent(alongLine numbers: [Int]?, _ what: String) throws(FormatError) -> Extent {
    guard let numbers, numbers.count == 1, 1..<1 << 31 ~= numbers[0] else {
      throw fault("expected one number of 1 or more for \(what)")
    }
    return Extent(height: 1, width: numbers[0])
  }
}

extension JSON {
  /// The padding of a line: one number for both ends, or two.
  var linePadding: Padding? {
    if case .object = self, elements == nil {
      let (left, right) = (self["left_pad"], self["right_pad"])
      guard left != nil || right != nil else { return nil }
      return Padding(left: left?.wholeNumber ?? 0, right: right?.wholeNumber ?? 0)
    }
    if let count = wholeNumber { return Padding(left: count, right: count) }
    guard let numbers = elements?.compactMap(\.wholeNumber), numbers.count == 2,
      elements?.count == 2
    else { return nil }
    return Padding(left: numbers[0], right: numbers[1])
  }
}

extension Padding {
  /// Whether every side is a number of elements.
  var isCountable: Bool { [top, left, bottom, right].allSatisfy { 0..<1 << 31 ~= $0 } }
}
