internal import Files
internal import ModelGraph
internal import TensorCore

// Poolings, and layers that move elements.
extension GraphDraft {
  mutating func write(_ layer: Layer.Pooling) throws(FormatError) {
    let (from, to) = (shape(of: input()), shape(of: output))
    let reach = Extent(
      height: layer.dilation.height * (layer.kernel.height - 1) + 1,
      width: layer.dilation.width * (layer.kernel.width - 1) + 1)
    // What the last windows reach beyond the padding: they are there whatever the reader rounds.
    let overhang = Padding(
      bottom: max(
        (to[2] - 1) * layer.stride.height + reach.height - from[2]
          - layer.padding.top - layer.padding.bottom, 0),
      right: max(
        (to[3] - 1) * layer.stride.width + reach.width - from[3]
          - layer.padding.left - layer.padding.right, 0))
    var padding = layer.padding
    var source = input()
    let isAverage = layer.kind == .average
    let countsPadding = isAverage && layer.divisor == .paddedWindow
    if countsPadding, overhang != .none, padding != .none {
      // The padding counts and what lies beyond does not: it becomes part of the image.
      source = between("padded")
      emit(
        "Pad", [input(), integers("pads", [0, 0] + padding.begins + [0, 0] + padding.afters)],
        to: [source])
      padding = .none
    }
    padding.bottom += overhang.bottom
    padding.right += overhang.right
    let isWide =
      padding.top >= layer.kernel.height || padding.bottom >= layer.kernel.height
      || padding.left >= layer.kernel.width || padding.right >= layer.kernel.width
    if isWide, !isAverage {
      // Runtimes refuse pads as wide as the kernel, even where it is dilated.
      source = between("padded")
      let pads = integers("pads", [0, 0] + padding.begins + [0, 0] + padding.afters)
      emit("Pad", [input(), pads, number(-.infinity)], to: [source])
      padding = .none
    }
    var attributes: [(name: String, value: Attribute)] = []
    if countsPadding, overhang == .none { attributes.append(("count_include_pad", .int(1))) }
    if layer.dilation != Extent(1) {
      guard !isAverage || opset >= 19 else {
        throw fault("ONNX has dilated average pooling from opset 19 on, found \(opset)")
      }
      attributes.append(("dilations", .ints([layer.dilation.height, layer.dilation.width])))
    }
    attributes.append(("kernel_shape", .ints([layer.kernel.height, layer.kernel.width])))
    if padding == .none, !isAverage, case .zeroPadding? = makers[source] {
      // So that a runtime does not merge the two, and pads with −∞ instead of zeros.
      attributes.insert(("auto_pad", .string("VALID")), at: 0)
    } else {
      attributes.append(("pads", .ints(padding.ends)))
    }
    attributes.append(("strides", .ints([layer.stride.height, layer.stride.width])))
    emit(isAverage ? "AveragePool" : "MaxPool", [source], attributes)
  }

  mutating func write(_ layer: Layer.Slice) {
    let sizes = node.outputs.map { shape(of: $0)[layer.axis] }
    guard opset >= 13 else {
      return emit("Split", [input()], [("axis", .int(layer.axis)), ("split", .ints(sizes))])
    }
    emit("Split", [input(), integers("sizes", sizes)], [("axis", .int(layer.axis))])
  }

  mutating func write(_ layer: Layer.Crop) {
    emit(
      "Slice",
      [
        input(), integers("start", [layer.start]), integers("end", [layer.end ?? Int(Int64.max)]),
        integers("axis", [layer.axis]), integers("step", [layer.step]),
      ])
  }

  mutating func write(_ layer: Layer.ZeroPadding) {
    let pads =
      [0, layer.channelsBefore] + layer.spatial.begins + [0, layer.channelsAfter]
      + layer.spatial.afters
    var inputs = [input(), integers("pads", pads)]
    if layer.value != 0 { inputs.append(number(layer.value)) }
    emit("Pad", inputs)
  }

  mutating func write(_ layer: Layer.Flatten) {
    let from = shape(of: input())
    let end = layer.endAxis < 0 ? from.rank + layer.endAxis : layer.endAxis
    if layer.axis == 1, end == from.rank - 1 {
      return emit("Flatten", [input()], [("axis", .int(1))])
    }
    let target =
      [Int](repeating: 0, count: layer.axis) + [-1] + from.dimensions[(end + 1)...]
    emit("Reshape", [input(), integers("shape", target)])
  }

  mutating func write(_ layer: Layer.Reshape) {
    let (from, to) = (shape(of: input()), shape(of: output))
    let count = layer.axisCount ?? from.rank - layer.axis
    var target = [Int](repeating: 0, count: layer.axis)
    for (index, extent) in layer.extents.enumerated() {
      // A zero copies the axis at its place, which is the same in both.
      target.append(extent == 0 ? 0 : extent == -1 ? -1 : to[layer.axis + index])
    }
    target += from.dimensions[(layer.axis + count)...]
    emit("Reshape", [input(), integers("shape", target)])
  }
}

extension Padding {
  /// Above and to the left.
  var begins: [Int] { [top, left] }
  /// Below and to the right.
  var afters: [Int] { [bottom, right] }
}
