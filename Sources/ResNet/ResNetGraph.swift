internal import ModelGraph
internal import TensorCore

/// The layers of a description while they are put together, each behind the last.
struct ResNetGraph {
  let net: ResNetDescription
  let names: LayerNames
  let weight: ResNetDescription.WeightSource
  private(set) var nodes: [Node] = []
  /// The layers of residual branches whose output goes into an addition.
  private(set) var branchEnds: [String: UnitPlace] = [:]
  /// The name of the value that the next layer reads.
  private var value = ""
  /// Its channels.
  private var channels: Int
  /// Its rows and columns.
  private var size: Extent

  init(
    _ net: ResNetDescription, names: LayerNames, weight: @escaping ResNetDescription.WeightSource
  ) {
    self.net = net
    self.names = names
    self.weight = weight
    channels = net.image.channels
    size = Extent(height: net.image.height, width: net.image.width)
    addStem()
    for place in net.units { addUnit(place) }
    addEnd()
  }

  private mutating func addStem() {
    let shape: Shape = [1, channels, size.height, size.width]
    nodes.append(Node(names[.image], .input(.init(shape: shape))))
    value = names[.image]
    let stem = net.stem
    convolve(
      .init(width: stem.width, side: stem.kernel, stride: stem.stride, groups: 1),
      hasBias: net.biases.contains(.stem), padding: stem.padding
    ) { .stem($0) }
    if stem.isActivated { normalize { .stem($0) } }
    guard let pooling = stem.pooling else { return }
    if pooling == .zeros {
      add(.pool(.padding), .zeroPadding(.init(spatial: .init(vertical: 1, horizontal: 1))))
    }
    let side = pooling == .padded ? 1 : 0
    add(
      .pool(.pooling),
      .pooling(
        .init(
          kind: .maximum, kernel: Extent(3), stride: Extent(2),
          padding: .init(vertical: side, horizontal: side),
          rounding: pooling == .ceiling ? .ceil : .floor)))
    size = size.pooled(by: pooling)
  }

  private mutating func addUnit(_ place: UnitPlace) {
    let entrance = (value, channels, size)
    let projects = net.projects(place, from: channels)
    let isFirst = place == UnitPlace(stage: 0, unit: 0)
    if net.activation == .before, !isFirst || !net.stem.isActivated {
      normalize { .opening(place, $0) }
    }
    let opened = value
    var shortcut = entrance.0
    if net.shortcut != .absent {
      if !projects { value = entrance.0 }
      addShortcut(place, projects: projects)
      shortcut = value
    }
    (value, channels, size) = (opened, entrance.1, entrance.2)
    addBranch(place)
    guard net.shortcut != .absent else { return }
    branchEnds[value] = place
    nodes.append(
      Node(
        names[.sum(place)], .elementwise(.init(operation: .sum)),
        inputs: net.addsShortcutFirst ? [shortcut, value] : [value, shortcut]))
    value = names[.sum(place)]
    if net.activation == .after { add(.closing(place), .rectifier) }
  }

  private mutating func addShortcut(_ place: UnitPlace, projects: Bool) {
    let (stride, width) = (net.stride(of: place), net.outputWidth(of: place.stage))
    guard !projects else {
      convolve(
        .init(width: width, side: 1, stride: stride, groups: 1),
        hasBias: net.biases.contains(.shortcut)
      ) { .shortcut(place, $0) }
      if net.normalizesShortcuts { normalize(rectifies: false) { .shortcut(place, $0) } }
      return
    }
    if stride > 1 {
      // Of one element, the mean and the maximum are that element.
      let kind: Layer.PoolingKind = net.shortcut == .a ? .average : .maximum
      add(
        .shortcut(place, .pooling),
        .pooling(.init(kind: kind, kernel: Extent(1), stride: Extent(stride))))
    }
    if width > channels {
      add(
        .shortcut(place, .channels), .zeroPadding(.init(channelsAfter: width - channels)))
    }
  }

  private mutating func addBranch(_ place: UnitPlace) {
    let kernels = net.kernels(of: place)
    for (index, kernel) in kernels.enumerated() {
      let isLast = index == kernels.count - 1
      convolve(
        kernel, hasBias: net.biases.contains(isLast ? .last : .inner), padding: net.padding
      ) { .branch(place, index, $0) }
      if net.activation == .after || !isLast {
        normalize(rectifies: !isLast || net.shortcut == .absent) { .branch(place, index, $0) }
      }
    }
  }

  private mutating func addEnd() {
    if net.activation == .before { normalize { .end($0) } }
    guard let classCount = net.classCount else { return }
    add(.mean, .globalPooling(.init(kind: .average)))
    let shape: Shape = [classCount, channels]
    add(
      .classes,
      .fullyConnected(
        .init(
          kernel: weight(.classes, .kernel, shape),
          bias: net.biases.contains(.classes) ? weight(.classes, .bias, [classCount]) : nil)))
    add(.probabilities, .softmax(.init()))
  }
}

extension ResNetGraph {
  private mutating func add(_ part: ResNetPart, _ layer: Layer) {
    nodes.append(Node(names[part], layer, inputs: [value]))
    value = names[part]
  }

  private mutating func convolve(
    _ kernel: ResNetDescription.Kernel, hasBias: Bool,
    padding: ResNetDescription.Padding = .even, _ part: (ResNetPart.Role) -> ResNetPart
  ) {
    let around = Padding(kernel.side, kernel.stride, size, as: padding)
    let isLayer = padding == .layer && kernel.side > 1
    if isLayer { add(part(.padding), .zeroPadding(.init(spatial: around))) }
    let place = part(.convolution)
    let shape: Shape = [kernel.width, channels / kernel.groups, kernel.side, kernel.side]
    add(
      place,
      .convolution(
        .init(
          kernel: weight(place, .kernel, shape),
          bias: hasBias ? weight(place, .bias, [kernel.width]) : nil,
          stride: Extent(kernel.stride), padding: isLayer ? .none : around, groups: kernel.groups)))
    channels = kernel.width
    size = Extent(
      height: (size.height + kernel.stride - 1) / kernel.stride,
      width: (size.width + kernel.stride - 1) / kernel.stride)
  }

  private mutating func normalize(
    rectifies: Bool = true, _ part: (ResNetPart.Role) -> ResNetPart
  ) {
    let (place, shape) = (part(.normalization), Shape([channels]))
    let isWhole = !net.hasScaleLayers
    add(
      place,
      .batchNormalization(
        .init(
          mean: weight(place, .mean, shape), variance: weight(place, .variance, shape),
          gamma: isWhole ? weight(place, .gamma, shape) : nil,
          beta: isWhole ? weight(place, .beta, shape) : nil, epsilon: net.epsilon)))
    if !isWhole {
      let scale = part(.scale)
      add(
        scale,
        .scale(.init(scale: weight(scale, .scale, shape), bias: weight(scale, .bias, shape))))
    }
    if rectifies { add(part(.activation), .rectifier) }
  }
}

extension Layer {
  /// The activation of all published ResNets.
  fileprivate static var rectifier: Layer { .activation(.relu(.init())) }
}

extension Padding {
  /// The zeros around an image before windows of an odd side.
  fileprivate init(
    _ side: Int, _ stride: Int, _ size: Extent, as rule: ResNetDescription.Padding
  ) {
    func zeros(_ extent: Int) -> Int {
      max((extent - 1) / stride * stride + side - extent, 0)
    }
    switch rule {
    case .even, .layer: self.init(vertical: side / 2, horizontal: side / 2)
    case .same:
      let (rows, columns) = (zeros(size.height), zeros(size.width))
      self.init(
        top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
    }
  }
}

extension Extent {
  /// The size of an image behind windows of 3×3, two apart.
  fileprivate func pooled(by pooling: ResNetDescription.Stem.Pooling) -> Extent {
    func count(_ extent: Int) -> Int {
      switch pooling {
      case .ceiling: extent / 2
      case .padded, .zeros: (extent + 1) / 2
      case .valid: (extent - 1) / 2
      }
    }
    return Extent(height: count(height), width: count(width))
  }
}
