internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

/// How windows lie over an image, as the settings of a layer say.
struct WindowSettings {
  enum Fit: Equatable {
    case valid, same, full, causal
  }

  var kernel: Extent
  var stride: Extent
  var dilation: Extent
  var fit: Fit

  /// The settings of a convolution or of a pooling.
  init(_ layer: KerasLayer, kernel: Extent?, stride: Extent?) throws(FormatError) {
    let settings = layer.settings
    guard let kernel else { throw settings.fault("expected the size of the window, found none") }
    self.kernel = kernel
    self.stride = stride ?? Extent(1)
    dilation = try settings.extent("dilation_rate", "atrous_rate") ?? Extent(1)
    switch try settings.string("padding", "border_mode") ?? "valid" {
    case "valid": fit = .valid
    case "same": fit = .same
    case "full": fit = .full
    case "causal": fit = .causal
    case let other: throw settings.fault("expected valid or same padding, found \(other)")
    }
  }
}

extension NetworkBuilder {
  /// Where the channels are for a layer.
  func format(of layer: KerasLayer) throws(FormatError) -> KerasLayout.DataFormat {
    switch try layer.settings.string("data_format", "dim_ordering") {
    case "channels_last", "tf": return .channelsLast
    case "channels_first", "th": return .channelsFirst
    case nil, "default": return dataFormat
    case let other?: throw layer.settings.fault("expected a data format, found \(other)")
    }
  }

  /// The input of a layer that works on images, with its channels in the second axis.
  private mutating func planes(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    if layer.isOfLines { return try line(layer, input) }
    guard input.kerasShape.rank == 4 else {
      throw layer.settings.fault("expected an image, found \(input.kerasShape)")
    }
    switch try format(of: layer) {
    case .channelsLast: return try image(input)
    case .channelsFirst: return try plain(input)
    }
  }

  /// The padding of windows over an image, as four numbers.
  ///
  /// - Parameter leading: rows and columns that Theano pads before the image for `same`.
  mutating func padding(
    _ windows: WindowSettings, of layer: KerasLayer, over image: Shape,
    leading: (_ reach: Int, _ kernel: Int) -> Int
  ) throws(FormatError) -> Padding {
    let isTheano = origin.isTheano
    func side(
      _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int
    ) throws(FormatError) -> (before: Int, after: Int) {
      let (spread, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
      guard !overflow, spread < 1 << 31, extent < 1 << 31 else {
        throw layer.settings.fault("the window or the image is too large to count")
      }
      let reach = spread + 1
      switch windows.fit {
      case .valid: return (0, 0)
      case .full: return (reach - 1, reach - 1)
      case .causal: return (reach - 1, 0)
      case .same:
        let count = extent / stride + (extent % stride == 0 ? 0 : 1)
        let total = max((count - 1) * stride + reach - extent, 0)
        guard isTheano else { return (total / 2, total - total / 2) }
        let before = leading(reach, kernel)
        return (before, max((count - 1) * stride + reach - extent - before, 0))
      }
    }
    let rows = try side(
      image[2], windows.kernel.height, windows.stride.height, windows.dilation.height)
    let columns = try side(
      image[3], windows.kernel.width, windows.stride.width, windows.dilation.width)
    if windows.fit == .same, windows.stride != Extent(1) { sizedLayers.append(layer.path) }
    return Padding(
      top: rows.before, left: columns.before, bottom: rows.after, right: columns.after)
  }
}

// Convolutions.
extension NetworkBuilder {
  /// The windows of a convolution over planes, with the padding of Theano's `half`.
  private mutating func windows(
    _ layer: KerasLayer, over planes: Shape
  ) throws(FormatError) -> (WindowSettings, Padding) {
    if layer.isOfLines { return try lineWindows(layer, over: planes) }
    let settings = layer.settings
    var kernel = try settings.extent("kernel_size")
    if kernel == nil, let rows = try settings.integer("nb_row"),
      let columns = try settings.integer("nb_col"), rows > 0, columns > 0
    {
      kernel = Extent(height: rows, width: columns)
    }
    let windows = try WindowSettings(
      layer, kernel: kernel, stride: try settings.extent("strides", "subsample"))
    guard windows.fit != .causal else {
      throw settings.fault("expected valid or same padding, found causal")
    }
    return (windows, try padding(windows, of: layer, over: planes) { reach, _ in reach / 2 })
  }

  mutating func convolution(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let planes = try planes(layer, input)
    let (windows, padding) = try windows(layer, over: planes.shape)
    let (kernel, channels) = (windows.kernel, planes.shape[1])
    let groups = try layer.settings.integer("groups") ?? 1
    guard let outputs = try layer.settings.integer("filters", "nb_filter"), outputs > 0,
      groups > 0, channels % groups == 0
    else {
      throw layer.settings.fault("expected filters, and groups that divide \(channels) channels")
    }
    let format = try format(of: layer)
    let isOld = origin.generation <= 1 && format == .channelsFirst
    let order: KerasLayout.KernelOrder = isOld ? .oihw : .hwio
    let extents =
      isOld
      ? [outputs, channels / groups, kernel.height, kernel.width]
      : [kernel.height, kernel.width, channels / groups, outputs]
    let flips = origin.isTheano
    var convolution = try once(layer.path) { (builder) throws(FormatError) in
      .convolution(
        .init(
          kernel: try builder.weight(
            .kernel, of: layer, expected: extents,
            target: "\(layer.path)/kernel"
          ) { KerasLayout.kernel($0, order, flips: flips) },
          bias: try builder.bias(of: layer, count: outputs), stride: windows.stride,
          dilation: windows.dilation, groups: groups))
    }
    convolution.pad(padding)
    return try add(layer, convolution, to: planes, arrangement: planes.arrangement)
  }

  mutating func depthwiseConvolution(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let planes = try planes(layer, input)
    let (windows, padding) = try windows(layer, over: planes.shape)
    var convolution = try depthwise(layer, windows, planes, node: layer.path, hasBias: true)
    convolution.pad(padding)
    return try add(layer, convolution, to: planes, arrangement: planes.arrangement)
  }

  private mutating func depthwise(
    _ layer: KerasLayer, _ windows: WindowSettings, _ planes: KerasValue, node: String,
    hasBias: Bool
  ) throws(FormatError) -> Layer {
    let (kernel, channels) = (windows.kernel, planes.shape[1])
    let multiplier = try layer.settings.integer("depth_multiplier") ?? 1
    let (outputs, overflow) = channels.multipliedReportingOverflow(by: multiplier)
    guard multiplier > 0, !overflow else {
      throw layer.settings.fault("expected a depth multiplier of 1 or more")
    }
    let isLine = layer.isOfLines
    let extents = (isLine ? [] : [kernel.height]) + [kernel.width, channels, multiplier]
    let flips = origin.isTheano
    return try once(node) { (builder) throws(FormatError) in
      .convolution(
        .init(
          kernel: try builder.weight(
            .depthwiseKernel, of: layer, expected: extents, target: "\(node)/kernel"
          ) {
            isLine
              ? KerasLayout.depthwiseLineKernel($0, flips: flips)
              : KerasLayout.depthwiseKernel($0, flips: flips)
          },
          bias: hasBias ? try builder.bias(of: layer, count: outputs) : nil,
          // TensorFlow has no unequal ones; of one row any is the same.
          stride: isLine ? Extent(windows.stride.width) : windows.stride,
          dilation: windows.dilation, groups: channels))
    }
  }

  mutating func separableConvolution(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let planes = try planes(layer, input)
    let (windows, padding) = try windows(layer, over: planes.shape)
    var first = try depthwise(
      layer, windows, planes, node: "\(layer.path)/depthwise", hasBias: false)
    first.pad(padding)
    guard let outputs = try layer.settings.integer("filters", "nb_filter"), outputs > 0,
      case .convolution(let depthwise) = first
    else { throw layer.settings.fault("expected a number of filters of 1 or more") }
    let isLine = layer.isOfLines
    let extents = (isLine ? [1] : [1, 1]) + [depthwise.kernel.shape[0], outputs]
    let second = try once(layer.path) { (builder) throws(FormatError) in
      .convolution(
        .init(
          kernel: try builder.weight(
            .pointwiseKernel, of: layer, expected: extents, target: "\(layer.path)/kernel"
          ) {
            isLine
              ? KerasLayout.lineKernel($0, flips: false)
              : KerasLayout.kernel($0, .hwio, flips: false)
          },
          bias: try builder.bias(of: layer, count: outputs)))
    }
    return try add(
      layer, second, to: planes, arrangement: planes.arrangement,
      before: [Part("depthwise", first)])
  }
}

extension Layer {
  /// Sets the padding of a convolution: shared ones may work on images of several sizes.
  mutating func pad(_ padding: Padding) {
    guard case .convolution(var layer) = self else { return }
    layer.padding = padding
    self = .convolution(layer)
  }
}

// Windows without weights.
extension NetworkBuilder {
  mutating func pooling(
    _ layer: KerasLayer, _ kind: Layer.PoolingKind, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let planes = try planes(layer, input)
    let windows = try poolingWindows(layer)
    guard windows.fit == .valid || windows.fit == .same else {
      throw layer.settings.fault("expected valid or same padding")
    }
    // As in keras/backend/theano_backend.py, pool2d.
    let padding = try padding(windows, of: layer, over: planes.shape) { _, kernel in
      kernel > 2 && kernel % 2 == 1 ? kernel - 2 : kernel - 1
    }
    let pooling = Layer.Pooling(
      kind: kind, kernel: windows.kernel, stride: windows.stride, padding: padding,
      divisor: .imageWindow)
    return try add(layer.path, [Part(nil, .pooling(pooling))], to: [planes])
  }

  private func poolingWindows(_ layer: KerasLayer) throws(FormatError) -> WindowSettings {
    if layer.isOfLines { return try linePoolingWindows(layer) }
    let kernel = try layer.settings.extent("pool_size") ?? Extent(2)
    return try WindowSettings(
      layer, kernel: kernel, stride: try layer.settings.extent("strides") ?? kernel)
  }

  mutating func globalPooling(
    _ layer: KerasLayer, _ kind: Layer.PoolingKind, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let planes = try planes(layer, input)
    let main = Part(nil, .globalPooling(.init(kind: kind)), value: "pooled")
    guard try layer.settings.bool("keepdims") != true else {
      return try add(layer.path, [main], to: [planes])
    }
    var result = try add(
      layer.path, [main, Part("flatten", .flatten(.init()))], to: [planes])
    result.arrangement = .plain
    return result
  }

  mutating func zeroPadding(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let planes = try planes(layer, input)
    // Cropping is padding by less than nothing.
    let isCropping = layer.className.hasPrefix("Cropping")
    let name = isCropping ? "cropping" : "padding"
    let json = layer.settings.value(name) ?? .integer(isCropping && !layer.isOfLines ? 0 : 1)
    let found = layer.isOfLines ? json.linePadding : json.padding
    guard var padding = found, padding.isCountable else {
      throw layer.settings.fault(
        "expected \(layer.isOfLines ? "one or two" : "one, two or four") numbers of 0 or more for "
          + "\(name), found others")
    }
    if isCropping {
      padding = Padding(
        top: -padding.top, left: -padding.left, bottom: -padding.bottom, right: -padding.right)
    }
    return try add(
      layer.path, [Part(nil, .zeroPadding(.init(spatial: padding)))], to: [planes])
  }
}

extension JSON {
  /// The padding of an image: one number, two (rows, columns), four, or a pair for each direction.
  fileprivate var padding: Padding? {
    if case .object = self, elements == nil {
      let sides = ["top_pad", "left_pad", "bottom_pad", "right_pad"].map {
        self[$0]?.wholeNumber ?? 0
      }
      return Padding(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
    }
    if let side = wholeNumber { return Padding(vertical: side, horizontal: side) }
    guard let parts = elements else { return nil }
    let numbers = parts.compactMap(\.wholeNumber)
    if numbers.count == parts.count {
      if numbers.count == 2 { return Padding(vertical: numbers[0], horizontal: numbers[1]) }
      guard numbers.count == 4 else { return nil }
      return Padding(
        top: numbers[0], left: numbers[2], bottom: numbers[1], right: numbers[3])
    }
    let pairs = parts.map { ($0.elements ?? []).compactMap(\.wholeNumber) }
    guard pairs.count == 2, pairs.allSatisfy({ $0.count == 2 }) else { return nil }
    return Padding(
      top: pairs[0][0], left: pairs[1][0], bottom: pairs[0][1], right: pairs[1][1])
  }
}
