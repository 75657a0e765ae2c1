internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Layers that only move elements: in rows always, in blocks where whole lanes move.
extension SelectKernels {
  func concatenations(_ layer: Layer.Concatenation, _ values: Values) -> [Candidate] {
    func widths(_ layout: Layout) -> [Int] {
      values.inputs.map { $0.width(from: layer.axis, layout) }
    }
    let rows = values.plain(
      AxisCopy(
        direction: .concatenation, outer: values.input.elementCount(before: layer.axis),
        widths: widths(.plain)))
    guard values.canBeBlocked else { return [rows] }
    guard layer.axis == 1 else {
      return [
        rows,
        values.blocked(
          AxisCopy(
            direction: .concatenation,
            outer: values.input.outerCount(before: layer.axis, .blocked), widths: widths(.blocked))),
      ]
    }
    var first = 0
    let moves = values.inputs.enumerated().map { index, shape in
      defer { first += shape[1] }
      return ChannelCopy.Move(input: index, output: 0, channels: 0..<shape[1], first: first)
    }
    return [rows, channelCopy("concatenation", moves, values)]
  }

  func slices(_ layer: Layer.Slice, _ values: Values) -> [Candidate] {
    func widths(_ layout: Layout) -> [Int] {
      values.outputs.map { $0.width(from: layer.axis, layout) }
    }
    let rows = values.plain(
      AxisCopy(
        direction: .slice, outer: values.input.elementCount(before: layer.axis),
        widths: widths(.plain)))
    guard values.canBeBlocked else { return [rows] }
    guard layer.axis == 1 else {
      return [
        rows,
        values.blocked(
          AxisCopy(
            direction: .slice, outer: values.input.outerCount(before: layer.axis, .blocked),
            widths: widths(.blocked))),
      ]
    }
    var first = 0
    let moves = values.outputs.enumerated().map { index, shape in
      defer { first += shape[1] }
      return ChannelCopy.Move(
        input: 0, output: index, channels: first..<first + shape[1], first: 0)
    }
    return [rows, channelCopy("slice", moves, values)]
  }

  func crops(_ layer: Layer.Crop, _ values: Values) -> [Candidate] {
    let shape = values.input
    func kernel(_ layout: Layout) -> Cropped {
      Cropped(
        outer: shape.outerCount(before: layer.axis, layout), extent: shape[layer.axis],
        elements: layer.elements(of: shape[layer.axis]),
        inner: shape.elementCount(from: layer.axis + 1)
          * (layout == .blocked && layer.axis >= 2 ? Blocked.channels : 1))
    }
    let rows = values.plain(kernel(.plain))
    guard values.canBeBlocked, layer.axis >= 2 else { return [rows] }
    return [rows, values.blocked(kernel(.blocked))]
  }

  func paddings(_ layer: Layer.ZeroPadding, _ values: Values) -> [Candidate] {
    let (shape, output) = (values.input, values.output)
    let rows = values.plain(
      Padded(
        planes: shape[0] * output[1], inputPlanes: shape[1], outputPlanes: output[1],
        planesBefore: layer.channelsBefore, input: Windows.Size(shape),
        output: Windows.Size(output), top: layer.spatial.top, left: layer.spatial.left,
        value: Float(layer.value), lanes: 1))
    let movesPlanes = layer.channelsBefore != 0 || shape[1] != output[1]
    if !movesPlanes, layer.value == 0 {
      let blocks = Blocked.blocks(shape[1])
      let kernel = Padded(
        planes: shape[0] * blocks, inputPlanes: blocks, outputPlanes: blocks, planesBefore: 0,
        input: Windows.Size(shape), output: Windows.Size(output), top: layer.spatial.top,
        left: layer.spatial.left, value: 0, lanes: Blocked.channels)
      return [rows, values.blocked(kernel)]
    }
    let isSpatial = Windows.Size(shape) != Windows.Size(output) || layer.spatial != Padding()
    guard !isSpatial, layer.value == 0 else { return [rows] }
    let kept = max(0, -layer.channelsBefore)..<min(shape[1], output[1] - layer.channelsBefore)
    let moves =
      kept.isEmpty
      ? []
      : [
        ChannelCopy.Move(
          input: 0, output: 0, channels: kept, first: kept.lowerBound + layer.channelsBefore)
      ]
    return [rows, channelCopy("zero padding of channels", moves, values)]
  }

  private func channelCopy(
    _ name: String, _ moves: [ChannelCopy.Move], _ values: Values
  ) -> Candidate {
    values.blocked(
      ChannelCopy(
        name: name, moves: moves, batch: values.input[0],
        pixels: values.input.elementCount(from: 2)))
  }
}

extension Shape {
  /// Elements before an axis other than that of the channels.
  fileprivate func outerCount(before axis: Int, _ layout: Layout) -> Int {
    guard layout == .blocked, axis >= 2 else { return elementCount(before: axis) }
    return self[0] * Blocked.blocks(self[1]) * (elementCount(before: axis) / self[0] / self[1])
  }

  /// Elements from an axis other than that of the channels on.
  fileprivate func width(from axis: Int, _ layout: Layout) -> Int {
    switch (layout, axis) {
    case (.plain, _): elementCount(from: axis)
    case (.blocked, 0): ValueType(self, .blocked).storageCount
    case (.blocked, _): elementCount(from: axis) * Blocked.channels
    }
  }
}
