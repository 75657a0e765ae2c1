internal import Files
internal import ModelGraph
internal import TensorCore

// Operators that pick, move or reduce elements.
extension NetworkBuilder {
  /// The mean or maximum over the pixels of an image, or over its channels.
  mutating func reduce(
    _ kind: Layer.PoolingKind, _ arguments: OperatorArguments
  ) throws(FormatError) -> KerasValue {
    let (layer, input) = (arguments.layer, try arguments.value())
    let axes = try arguments.axes(1, of: input, "axis") ?? Array(0..<input.kerasShape.rank)
    let keepsAxes = arguments.bool("keepdims", "keep_dims")
    let canonical = Set(axes.map(input.canonicalAxis))
    guard input.shape.rank == 4, !input.arrangement.isFlattened else {
      throw layer.settings.fault("expected an image, found \(input.kerasShape)")
    }
    let isWhole = canonical == [2, 3] || canonical == [3] && input.arrangement == .line
    if isWhole {
      let main = Part(nil, .globalPooling(.init(kind: kind)), value: "pooled")
      guard !keepsAxes else { return try add(layer.path, [main], to: [input]) }
      var result = try add(layer.path, [main, Part("flatten", .flatten(.init()))], to: [input])
      result.arrangement = .plain
      return result
    }
    guard canonical == [1], input.arrangement == .image else {
      throw layer.settings.fault(
        "expected the axes of pixels or of channels of \(input.kerasShape), found \(axes)")
    }
    let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
    let pooling = Layer.Pooling(
      kind: kind, kernel: Extent(height: channels, width: 1), stride: Extent(1))
    var result = try add(
      layer.path,
      [
        Part("rows", .reshape(.init(extents: [1, channels, height * width], axis: 1))),
        Part(nil, .pooling(pooling), value: "row"),
        Part("image", .reshape(.init(extents: [1, height, width], axis: 1))),
      ], to: [input])
    if !keepsAxes { result.arrangement = .plane }
    return result
  }

  /// Values joined along an axis that they have, or along a new one.
  mutating func joinAll(
    _ function: Operator, _ arguments: OperatorArguments
  ) throws(FormatError) -> KerasValue {
    let layer = arguments.layer
    let inputs = try arguments.list()
    let isGraph = layer.operation?.dialect == .graph
    let place = isGraph ? arguments.call.positional.count - 1 : 1
    let isLast = function == .concatenate && isGraph
    let axis =
      try arguments.number(isLast || !isGraph ? place : nil, "axis")
      ?? (function == .stack ? 0 : -1)
    guard let axis = Int(exactly: axis) else {
      throw layer.settings.fault("expected an axis, found \(axis)")
    }
    guard function == .stack else {
      let inputs = inputs.count > 1 ? try alike(inputs) : inputs
      return try concatenate(layer, axis: axis, inputs)
    }
    guard inputs.allSatisfy({ $0.arrangement == .plane }), axis == -1 || axis == 3 else {
      throw layer.settings.fault("only channels of images are stacked, along the last axis")
    }
    let images = inputs.map { plane in
      var image = plane
      image.arrangement = .image
      return image
    }
    return try join(images, along: 1, named: layer.path)
  }

  /// Elements in the opposite order along axes.
  mutating func flip(_ arguments: OperatorArguments) throws(FormatError) -> KerasValue {
    let (layer, value) = (arguments.layer, try arguments.value())
    let input = value.arrangement.isFlattened ? try plain(value) : value
    guard let axes = try arguments.axes(1, of: input, "axis"), axes.count == 1, axes[0] > 0 else {
      throw layer.settings.fault("expected one axis to turn round, behind the batch")
    }
    return try reverse(layer, input, axis: axes[0], named: layer.path)
  }

  private mutating func reverse(
    _ layer: KerasLayer, _ input: KerasValue, axis: Int, named name: String
  ) throws(FormatError) -> KerasValue {
    try eachElement(
      of: input, along: input.canonicalAxis(axis), of: layer, named: name, reversed: true
    ) { _, _, part, _ in part }
  }

  /// Zeros around an image, or around its channels as in shortcuts without weights.
  mutating func pad(_ arguments: OperatorArguments) throws(FormatError) -> KerasValue {
    let (layer, input) = (arguments.layer, try arguments.value())
    let mode = arguments.text(2, "mode") ?? "constant"
    let isGraph = layer.operation?.dialect == .graph
    let fill = try arguments.number(isGraph ? 2 : nil, "constant_values") ?? 0
    let widths = try arguments.integers(1, "pad_width", "paddings") ?? []
    guard mode.lowercased() == "constant", fill == 0, input.shape.rank == 4,
      !input.arrangement.isFlattened, widths.count == 2 * input.kerasShape.rank,
      widths[0] == 0, widths[1] == 0
    else { throw layer.settings.fault("only zeros around images and channels are supported") }
    var sides = [[Int]](repeating: [0, 0], count: 4)
    for axis in 0..<input.kerasShape.rank {
      sides[input.canonicalAxis(axis)] = [widths[2 * axis], widths[2 * axis + 1]]
    }
    let padding = Layer.ZeroPadding(
      spatial: Padding(
        top: sides[2][0], left: sides[3][0], bottom: sides[2][1], right: sides[3][1]),
      channelsBefore: sides[1][0], channelsAfter: sides[1][1])
    return try add(layer.path, [Part(nil, .zeroPadding(padding))], to: [input])
  }

  /// The same elements under other axes.
  mutating func rename(
    _ function: Operator, _ arguments: OperatorArguments
  ) throws(FormatError) -> KerasValue {
    let (layer, input) = (arguments.layer, try arguments.value())
    var extents = input.kerasShape.dimensions
    switch function {
    case .expand:
      guard let axis = try arguments.number(1, "axis", "dim").flatMap({ Int(exactly: $0) }),
        -extents.count...extents.count ~= axis
      else { throw layer.settings.fault("expected a place for a new axis") }
      let place = axis < 0 ? axis + extents.count + 1 : axis
      if input.arrangement == .plane, place == 3 {
        var image = try add(layer.path, named([]), to: [input])
        image.arrangement = .image
        return image
      }
      extents.insert(1, at: place)
    case .squeeze:
      let axes = try arguments.axes(1, of: input, "axis", "squeeze_dims")
      guard let axes, axes.allSatisfy({ extents[$0] == 1 && $0 > 0 }) else {
        throw layer.settings.fault("expected axes of 1 in \(input.kerasShape) to leave out")
      }
      if input.arrangement == .image, axes == [3] {
        var plane = try add(layer.path, named([]), to: [input])
        plane.arrangement = .plane
        return plane
      }
      for axis in axes.reversed() { extents.remove(at: axis) }
    case .reshape:
      guard let wanted = try arguments.integers(1, "newshape", "shape"), let first = wanted.first,
        first == -1 || first == extents[0], wanted.dropFirst().allSatisfy({ $0 == -1 || $0 > 0 })
      else { throw layer.settings.fault("expected a shape whose batch is open") }
      let rest = Array(wanted.dropFirst())
      let count = input.shape.elementCount(from: 1)
      guard rest.contains(-1) || Shape(checking: rest)?.elementCount == count else {
        throw layer.settings.fault("a shape that changes the batch is not supported")
      }
      extents = [extents[0]] + rest
    case .add, .subtract, .multiply, .divide, .negative, .square, .power, .maximum, .minimum,
      .clip, .relu, .relu6, .leakyReLU, .elu, .sigmoid, .tanh, .softmax, .silu, .identity, .cast,
      .mean, .largest, .concatenate, .stack, .getItem, .flip, .pad:
      preconditionFailure("\(function) keeps no elements in order")
    }
    guard extents.first == input.shape[0], extents.count > 1 else {
      throw layer.settings.fault("the batch is the first axis of every value")
    }
    return try reshaped(layer, named: layer.path, to: Array(extents.dropFirst()), input)
  }

  /// An image without rows and columns at its sides; or without channels, where the layer takes the
  /// channels of an image for its columns.
  mutating func cropping(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let isFirst = try layer.settings.string("data_format") == "channels_first"
    guard isFirst, dataFormat == .channelsLast else { return try zeroPadding(layer, input) }
    let sides = (layer.settings.value("cropping")?.elements ?? []).map {
      ($0.elements ?? []).compactMap(\.wholeNumber)
    }
    guard input.kerasShape.rank == 4, sides.count == 2, sides.allSatisfy({ $0.count == 2 }) else {
      throw layer.settings.fault("expected two pairs of numbers for cropping, and an image")
    }
    var items: [SliceItem] = [.all, .all, .all, .all]
    for (index, side) in sides.enumerated() {
      let axis = index + 2
      let extent = input.kerasShape[axis]
      guard side.allSatisfy({ $0 >= 0 }), side[0] < extent, side[1] < extent - side[0] else {
        throw layer.settings.fault("expected a part of \(input.kerasShape) to stay")
      }
      items[axis] = .range(start: side[0], stop: extent - side[1], step: 1)
    }
    return try pick(items, of: input, layer)
  }
}

// x[..., ::-1]
extension NetworkBuilder {
  /// What is between the brackets, for one axis.
  enum SliceItem {
    case index(Int)
    case range(start: Int?, stop: Int?, step: Int)
    static let all = SliceItem.range(start: nil, stop: nil, step: 1)
  }

  mutating func getItem(_ arguments: OperatorArguments) throws(FormatError) -> KerasValue {
    let (layer, value) = (arguments.layer, try arguments.value())
    let isFlattened = value.arrangement.isFlattened && value.arrangement != .plane
    let input = isFlattened ? try plain(value) : value
    guard let (items, newAxes) = try arguments.slices(rank: input.kerasShape.rank) else {
      throw layer.settings.fault("what is between the brackets is not supported")
    }
    guard newAxes.isEmpty else {
      guard items.allSatisfy(\.isAll) else {
        throw layer.settings.fault("new axes beside parts of others are not supported")
      }
      var extents = input.kerasShape.dimensions
      for place in newAxes { extents.insert(1, at: place) }
      return try reshaped(layer, named: layer.path, to: Array(extents.dropFirst()), input)
    }
    return try pick(items, of: input, layer)
  }

  /// Elements of a value, axis by axis.
  private mutating func pick(
    _ items: [SliceItem], of input: KerasValue, _ layer: KerasLayer
  ) throws(FormatError) -> KerasValue {
    guard items[0].isAll else { throw layer.settings.fault("samples of a batch are not picked") }
    let work = items.indices.filter { !items[$0].isWhole(of: input.kerasShape[$0]) }
    guard !work.isEmpty else { return try add(layer.path, named([]), to: [input]) }
    var value = input
    var strides = [1, 1, 1, 1]
    for axis in work {
      let extent = input.kerasShape[axis]
      let canonical = input.canonicalAxis(axis)
      let isLast = axis == work.last
      let name = isLast ? layer.path : "\(layer.path)/axis\(axis)"
      switch items[axis] {
      case .index(let index):
        let place = index < 0 ? index + extent : index
        guard value.arrangement == .image, canonical == 1, work == [axis], 0..<extent ~= place
        else {
          throw layer.settings.fault("only channels of images are picked one by one")
        }
        value = part(place..<place + 1, of: value, along: 1, named: name)
        value.arrangement = .plane
      case .range(nil, nil, step: -1): value = try reverse(layer, value, axis: axis, named: name)
      case .range(let start, let stop, step: 1):
        let first = Self.clamped(start ?? 0, extent)
        let end = Self.clamped(stop ?? extent, extent)
        guard first < end else {
          throw layer.settings.fault("nothing is left of \(extent) elements")
        }
        value = part(first..<end, of: value, along: canonical, named: name)
      case .range(let start, let stop, let step):
        guard start ?? 0 == 0, stop.map({ $0 >= extent }) ?? true, step > 1, value.shape.rank == 4,
          canonical > 1, value.arrangement != .plane
        else { throw layer.settings.fault("only every nth row and column is picked") }
        strides[canonical] = step
      }
    }
    guard strides != [1, 1, 1, 1] else { return value }
    let pooling = Layer.Pooling(
      kind: .maximum, kernel: Extent(1), stride: Extent(height: strides[2], width: strides[3]))
    return try add(layer.path, [Part(nil, .pooling(pooling))], to: [value])
  }

  private static func clamped(_ place: Int, _ extent: Int) -> Int {
    min(max(place < 0 ? place + extent : place, 0), extent)
  }
}

extension NetworkBuilder.SliceItem {
  var isAll: Bool {
    if case .range(nil, nil, step: 1) = self { return true }
    return false
  }

  /// Whether it is every element of so many.
  fileprivate func isWhole(of extent: Int) -> Bool {
    guard case .range(let start, let stop, step: 1) = self else { return false }
    return start ?? 0 == 0 && stop.map { $0 >= extent } ?? true
  }
}
