internal import Files
internal import ModelGraph
internal import TensorCore

// Convolutions and poolings.
extension GraphReader {
  mutating func readConvolution() throws(FormatError) {
    let input = try image(try value())
    var kernel = try constant(1, "the kernels")
    let isLine = input.layout == .line
    guard kernel.shape.rank == (isLine ? 3 : 4), kernel.tensor != nil else {
      throw node.fault(
        "expected kernels of \(isLine ? 3 : 4) axes for \(input.onnxShape), found \(kernel.shape)")
    }
    let extents = kernel.shape.dimensions
    if isLine { kernel = kernel.reshaped(to: Shape([extents[0], extents[1], 1, extents[2]])) }
    let size = Array(extents.dropFirst(2))
    if let given = try attributes.ints("kernel_shape"), given != size {
      throw node.fault("expected a kernel_shape of \(size), found \(given)")
    }
    let windows = try windows(size, over: input)
    var weights: [(role: Layer.WeightRole, constant: Constant)] = [(.kernel, kernel)]
    if hasInput(2) {
      let bias = try constant(2, "the biases")
      guard bias.shape == [extents[0]], bias.tensor != nil else {
        throw node.fault("expected \(extents[0]) biases, found \(bias.shape)")
      }
      weights.append((.bias, bias))
    }
    let layer = Layer.Convolution(
      kernel: kernel.tensor!, bias: weights.count > 1 ? weights[1].constant.tensor : nil,
      stride: windows.stride, padding: windows.padding, dilation: windows.dilation,
      groups: try attributes.int("group") ?? 1)
    make(.value(try add(.convolution(layer), to: input, weights)))
  }

  mutating func readPooling() throws(FormatError) {
    let input = try image(try value())
    let isMaximum = node.op == "MaxPool"
    guard let size = try attributes.ints("kernel_shape") else {
      throw node.fault("expected a kernel_shape, found none")
    }
    attributes.ignore("storage_order")
    guard node.outputs.count < 2 || !isRead(node.outputs[1]) else {
      throw node.fault("the indices of a pooling are not supported")
    }
    let windows = try windows(size, over: input)
    let isCeil = try attributes.flag("ceil_mode")
    let includesPadding = try isMaximum ? false : attributes.flag("count_include_pad")
    let layer = Layer.Pooling(
      kind: isMaximum ? .maximum : .average, kernel: windows.kernel, stride: windows.stride,
      dilation: windows.dilation, padding: windows.padding, rounding: isCeil ? .ceil : .floor,
      clipsLastWindow: isCeil, divisor: includesPadding ? .paddedWindow : .imageWindow)
    // Without padding both divisors are the same, unless a window overhangs.
    make(.value(try add(.pooling(layer), to: input, [])))
  }

  mutating func readGlobalPooling() throws(FormatError) {
    let input = try image(try value())
    let kind: Layer.PoolingKind = node.op == "GlobalMaxPool" ? .maximum : .average
    make(.value(try add(.globalPooling(.init(kind: kind)), to: input, [])))
  }

  /// Adds a layer that keeps lines lines.
  private mutating func add(
    _ layer: Layer, to input: Value, _ weights: [(role: Layer.WeightRole, constant: Constant)]
  ) throws(FormatError) -> Value {
    var result = try add(layer, to: [input], part: nil, weights)
    result.layout = input.layout
    return result
  }

  private struct Windows {
    var kernel = Extent(1)
    var stride = Extent(1)
    var dilation = Extent(1)
    var padding = Padding.none
  }

  /// How windows of a size lie over an image or a line.
  private mutating func windows(_ size: [Int], over input: Value) throws(FormatError) -> Windows {
    let count = input.layout == .line ? 1 : 2
    func checked(_ list: [Int], _ what: String, _ expected: Int) throws(FormatError) -> [Int] {
      guard list.count == expected, list.allSatisfy({ $0.magnitude < 1 << 31 }) else {
        throw node.fault(
          "expected \(expected) numbers below 2^31 for \(what), found \(list.prefix(9))")
      }
      return list
    }
    let kernel = try checked(size, "the kernel", count)
    let ones = [Int](repeating: 1, count: count)
    let strides = try checked(try attributes.ints("strides") ?? ones, "strides", count)
    let dilations = try checked(try attributes.ints("dilations") ?? ones, "dilations", count)
    guard (kernel + strides + dilations).allSatisfy({ $0 > 0 }) else {
      throw node.fault("expected kernels, strides and dilations of 1 or more")
    }
    var pads = try checked(
      try attributes.ints("pads") ?? [Int](repeating: 0, count: 2 * count), "pads", 2 * count)
    let mode = try attributes.string("auto_pad") ?? "NOTSET"
    switch mode {
    case "NOTSET", "": break
    case "VALID": pads = [Int](repeating: 0, count: 2 * count)
    case "SAME_UPPER", "SAME_LOWER":
      for axis in 0..<count {
        let extent = input.shape[input.shape.rank - count + axis]
        let reach = dilations[axis] * (kernel[axis] - 1) + 1  // below 2^62
        let outputs = (extent + strides[axis] - 1) / strides[axis]
        let total = max((outputs - 1) * strides[axis] + reach - extent, 0)
        let (small, large) = (total / 2, total - total / 2)
        pads[axis] = mode == "SAME_UPPER" ? small : large
        pads[axis + count] = mode == "SAME_UPPER" ? large : small
      }
    default: throw node.fault("expected an auto_pad that ONNX has, found \(mode.printable())")
    }
    guard count == 2 else {
      return Windows(
        kernel: Extent(height: 1, width: kernel[0]), stride: Extent(height: 1, width: strides[0]),
        dilation: Extent(height: 1, width: dilations[0]),
        padding: Padding(left: pads[0], right: pads[1]))
    }
    return Windows(
      kernel: Extent(height: kernel[0], width: kernel[1]),
      stride: Extent(height: strides[0], width: strides[1]),
      dilation: Extent(height: dilations[0], width: dilations[1]),
      padding: Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]))
  }
}
