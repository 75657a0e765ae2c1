public import TensorCore

extension Node {
  /// The shapes of the layer's outputs for those of its inputs.
  ///
  /// - Throws: `NetworkError` where weights or parameters do not fit the inputs.
  public func outputShapes(for inputs: [Shape]) throws(NetworkError) -> [Shape] {
    switch layer {
    case .input(let layer): return [layer.shape]
    case .convolution(let layer): return [try convolved(inputs[0], layer)]
    case .batchNormalization(let layer): return [try normalized(inputs[0], layer)]
    case .scale(let layer):
      return [
        try broadcast(layer.scale?.shape ?? inputs[1], bias: layer.bias, layer.axis, inputs[0])
      ]
    case .bias(let layer):
      return [try broadcast(layer.bias?.shape ?? inputs[1], bias: nil, layer.axis, inputs[0])]
    case .prelu(let layer):
      let count = layer.slope.shape.elementCount
      try require(inputs[0].rank >= 2, "an input with channels", "\(inputs[0])")
      try require(layer.slope.shape.rank <= 1, "slopes [channels]", "\(layer.slope.shape)")
      try require(
        count == 1 || count == inputs[0][1], "\(inputs[0][1]) slopes or 1", "\(count)")
      return [inputs[0]]
    case .activation, .passThrough: return [inputs[0]]
    case .pooling(let layer): return [try pooled(inputs[0], layer)]
    case .globalPooling:
      try requireImage(inputs[0])
      return [[inputs[0][0], inputs[0][1], 1, 1]]
    case .elementwise(let layer): return [try combined(inputs, layer)]
    case .concatenation(let layer): return [try concatenated(inputs, layer)]
    case .slice(let layer): return try sliced(inputs[0], layer)
    case .crop(let layer): return [try cropped(inputs[0], layer)]
    case .zeroPadding(let layer): return [try padded(inputs[0], layer)]
    case .fullyConnected(let layer): return [try multiplied(inputs[0], layer)]
    case .flatten(let layer): return [try flattened(inputs[0], layer)]
    case .reshape(let layer): return [try reshaped(inputs[0], layer)]
    case .permutation(let layer):
      let input = inputs[0]
      try require(
        layer.axes.sorted().elementsEqual(0..<input.rank), "each axis of \(input) once",
        "\(layer.axes)")
      return [Shape(layer.axes.map { input[$0] })]
    case .softmax(let layer):
      try requireAxis(layer.axis, of: inputs[0])
      return [inputs[0]]
    case .localResponseNormalization(let layer):
      try requireImage(inputs[0])
      try require(
        layer.size > 0 && layer.size % 2 == 1, "an odd size", "\(layer.size)")
      try require(layer.size < 1 << 16, "a size below 65536", "\(layer.size)")
      return [inputs[0]]
    }
  }

  private func convolved(_ input: Shape, _ layer: Layer.Convolution) throws(NetworkError) -> Shape {
    try requireImage(input)
    let kernel = layer.kernel.shape
    try require(kernel.rank == 4, "a kernel of 4 axes", "\(kernel)")
    let (outputs, groups) = (kernel[0], layer.groups)
    try require(
      groups > 0 && outputs % groups == 0, "\(outputs) outputs divisible by groups", "\(groups)")
    try require(
      kernel[1].multipliedReportingOverflow(by: groups) == (input[1], false),
      "\(kernel[1]) × \(groups) input channels", "\(input[1])")
    if let bias = layer.bias {
      try require(bias.shape.elementCount == outputs, "\(outputs) biases", "\(bias.shape)")
    }
    let window = Extent(height: kernel[2], width: kernel[3])
    return try shape(
      input, channels: outputs,
      try windows(
        input[2], window.height, layer.stride.height, layer.dilation.height, layer.padding.top,
        layer.padding.bottom),
      try windows(
        input[3], window.width, layer.stride.width, layer.dilation.width, layer.padding.left,
        layer.padding.right))
  }

  private func pooled(_ input: Shape, _ layer: Layer.Pooling) throws(NetworkError) -> Shape {
    try requireImage(input)
    let padding = layer.padding
    return try shape(
      input, channels: input[1],
      try poolingWindows(
        input[2], layer.kernel.height, layer.stride.height, layer.dilation.height, padding.top,
        padding.bottom, layer),
      try poolingWindows(
        input[3], layer.kernel.width, layer.stride.width, layer.dilation.width, padding.left,
        padding.right, layer))
  }

  /// How many windows fit one axis.
  private func windows(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int,
    _ rounding: Rounding = .floor, clips: Bool = false
  ) throws(NetworkError) -> Int {
    let (large, small) = (1 << 31, 1 << 16)
    for (number, least, limit, what) in [
      (kernel, 1, small, "kernel"), (stride, 1, large, "stride"), (dilation, 1, large, "dilation"),
      (before, 0, small, "padding"), (after, 0, small, "padding"), (extent, 0, large, "image"),
    ] {
      try require(number >= least, "a \(what) of \(least) or more", "\(number)")
      try require(number < limit, "a \(what) below \(limit)", "\(number)")
    }
    // Each number is below 2^31: nothing here can overflow.
    let padded = extent + before + after
    let reach = dilation * (kernel - 1) + 1
    // Rounded up, one window may overhang an image that is smaller than it, as Caffe has it.
    let free = padded - reach + (rounding == .ceil ? stride - 1 : 0)
    try require(free >= 0, "an image of at least \(reach) with its padding", "\(padded)")
    let count = free / stride + 1
    // At most one: the last full window begins inside, so only the rounded-up one can be outside.
    return clips && (count - 1) * stride >= extent + before ? count - 1 : count
  }

  /// The windows of a pooling along one axis: each must see the image, for there is no maximum and
  /// no mean of nothing.
  private func poolingWindows(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int,
    _ layer: Layer.Pooling
  ) throws(NetworkError) -> Int {
    let count = try windows(
      extent, kernel, stride, dilation, before, after, layer.rounding,
      clips: layer.clipsLastWindow)
    let reach = dilation * (kernel - 1) + 1  // both are below 2^31
    try require(reach > before, "padding smaller than the window of \(reach)", "\(before)")
    try require(
      (count - 1) * stride < extent + before, "windows that reach the image",
      "one that begins behind it")
    return count
  }

  private func normalized(
    _ input: Shape, _ layer: Layer.BatchNormalization
  ) throws(NetworkError) -> Shape {
    try require(input.rank >= 2, "an input with channels", "\(input)")
    for (name, tensor) in [
      ("means", layer.mean), ("variances", layer.variance), ("gammas", layer.gamma),
      ("betas", layer.beta),
    ] {
      guard let tensor else { continue }
      let count = tensor.shape.elementCount
      try require(count == input[1], "\(input[1]) \(name)", "\(count)")
    }
    if let factor = layer.factor {
      try require(factor.shape.elementCount == 1, "1 factor", "\(factor.shape.elementCount)")
    }
    try require(
      layer.epsilon >= 0 && layer.epsilon.isFinite, "an epsilon of 0 or more", "\(layer.epsilon)")
    return input
  }

  private func broadcast(
    _ operand: Shape, bias: Tensor?, _ axis: Int, _ input: Shape
  ) throws(NetworkError) -> Shape {
    try require(axis >= 0 && axis <= input.rank, "an axis of \(input)", "\(axis)")
    let fits =
      operand.elementCount == 1
      || (axis + operand.rank <= input.rank
        && Array(input.dimensions[axis..<axis + operand.rank]) == operand.dimensions)
    try require(fits, "an operand that fits \(input) from axis \(axis) on", "\(operand)")
    if let bias {
      try require(bias.shape == operand, "a bias of \(operand)", "\(bias.shape)")
    }
    return input
  }

  private func combined(
    _ inputs: [Shape], _ layer: Layer.Elementwise
  ) throws(NetworkError) -> Shape {
    var result = inputs[0]
    for other in inputs.dropFirst() {
      guard let shape = Shape(broadcasting: result, other) else {
        try require(false, "inputs of one shape, \(inputs[0])", "\(other)")
        return result
      }
      result = shape
    }
    let count = layer.coefficients.count
    try require(
      count == 0 || count == inputs.count, "one coefficient for each of \(inputs.count) inputs",
      "\(count)")
    return result
  }

  private func concatenated(
    _ inputs: [Shape], _ layer: Layer.Concatenation
  ) throws(NetworkError) -> Shape {
    try requireAxis(layer.axis, of: inputs[0])
    var sum = 0
    for input in inputs {
      try require(
        input.rank == inputs[0].rank
          && input.replacing(layer.axis, by: 0) == inputs[0].replacing(layer.axis, by: 0),
        "inputs that differ from \(inputs[0]) on axis \(layer.axis) only", "\(input)")
      let (total, overflow) = sum.addingReportingOverflow(input[layer.axis])
      guard !overflow else { throw tooLarge(inputs[0]) }
      sum = total
    }
    return try checked(inputs[0], layer.axis, sum)
  }

  private func sliced(_ input: Shape, _ layer: Layer.Slice) throws(NetworkError) -> [Shape] {
    try requireAxis(layer.axis, of: input)
    let extent = input[layer.axis]
    var edges = [0]
    if let points = layer.points {
      try require(
        points.count == outputs.count - 1, "\(outputs.count - 1) slice points", "\(points.count)")
      edges += points
    } else {
      try require(
        extent % outputs.count == 0, "an extent divisible by \(outputs.count)", "\(extent)")
      edges += (1..<outputs.count).map { $0 * (extent / outputs.count) }
    }
    edges.append(extent)
    for (start, end) in zip(edges, edges.dropFirst()) {
      try require(start < end, "slice points that rise within \(extent)", "\(layer.points ?? [])")
    }
    return zip(edges, edges.dropFirst()).map { input.replacing(layer.axis, by: $1 - $0) }
  }

  private func cropped(_ input: Shape, _ layer: Layer.Crop) throws(NetworkError) -> Shape {
    try requireAxis(layer.axis, of: input)
    try require(layer.step >= 1, "a step of 1 or more", "\(layer.step)")
    let extent = input[layer.axis]
    let bounds = [layer.start, layer.end ?? 0]
    try require(
      bounds.allSatisfy { $0.magnitude < 1 << 62 } && extent < 1 << 62, "bounds below 2^62",
      "\(bounds)")
    let elements = layer.elements(of: extent)
    let count = elements.underestimatedCount
    try require(
      count > 0, "at least one element of \(extent)",
      "none from \(layer.start) to \(layer.end.map { "\($0)" } ?? "the end")")
    return input.replacing(layer.axis, by: count)
  }

  private func padded(_ input: Shape, _ layer: Layer.ZeroPadding) throws(NetworkError) -> Shape {
    try requireImage(input)
    let spatial = layer.spatial
    let sides = [spatial.top, spatial.left, spatial.bottom, spatial.right]
    let channels = [layer.channelsBefore, layer.channelsAfter]
    try require(
      (sides + channels).allSatisfy { $0.magnitude < 1 << 31 }
        && channels.allSatisfy { $0 >= 0 }, "padding of 0 or more channels, and below 2^31",
      "\(sides + channels)")
    // Far from 2^63 with what was just checked, unless the input is as large itself.
    guard input.dimensions.allSatisfy({ $0 < 1 << 62 }) else { throw tooLarge(input) }
    for (axis, sides) in [
      (2, [spatial.top, spatial.bottom]), (3, [spatial.left, spatial.right]),
    ] {
      let cut = sides.reduce(0) { $0 - min($1, 0) }
      try require(
        cut == 0 || cut < input[axis], "fewer than \(input[axis]) rows or columns to cut off",
        "\(cut)")
    }
    return try shape(
      input, channels: input[1] + layer.channelsBefore + layer.channelsAfter,
      input[2] + spatial.top + spatial.bottom, input[3] + spatial.left + spatial.right)
  }

  private func multiplied(
    _ input: Shape, _ layer: Layer.FullyConnected
  ) throws(NetworkError) -> Shape {
    try requireAxis(layer.axis, of: input)
    let kernel = layer.kernel.shape
    try require(kernel.rank == 2, "a kernel of 2 axes", "\(kernel)")
    let count = input.elementCount(from: layer.axis)
    try require(kernel[1] == count, "\(kernel[1]) inputs", "\(count) (of \(input))")
    if let bias = layer.bias {
      try require(bias.shape.elementCount == kernel[0], "\(kernel[0]) biases", "\(bias.shape)")
    }
    guard let output = Shape(checking: input.dimensions[..<layer.axis] + [kernel[0]]) else {
      throw tooLarge(input)
    }
    return output
  }

  private func flattened(_ input: Shape, _ layer: Layer.Flatten) throws(NetworkError) -> Shape {
    let end = layer.endAxis < 0 ? input.rank + layer.endAxis : layer.endAxis
    try requireAxis(layer.axis, of: input)
    try require(
      end >= layer.axis && end < input.rank, "an end axis of \(layer.axis) or more in \(input)",
      "\(layer.endAxis)")
    let merged = input.dimensions[layer.axis...end].reduce(1, *)
    return Shape(
      input.dimensions[..<layer.axis] + [merged] + input.dimensions[(end + 1)...])
  }

  private func reshaped(_ input: Shape, _ layer: Layer.Reshape) throws(NetworkError) -> Shape {
    try require(layer.axis >= 0 && layer.axis <= input.rank, "an axis of \(input)", "\(layer.axis)")
    let count = layer.axisCount ?? input.rank - layer.axis
    try require(
      count >= 0 && count <= input.rank - layer.axis, "a number of axes within \(input)", "\(count)"
    )
    var extents = layer.extents
    for (index, extent) in extents.enumerated() where extent == 0 {
      let axis = layer.axis + index
      try require(axis < input.rank, "an axis \(axis) to copy in \(input)", "none")
      extents[index] = input[axis]
    }
    let head = input.dimensions[..<layer.axis]
    let tail = input.dimensions[(layer.axis + count)...]
    if let open = extents.firstIndex(of: -1) {
      let known = Shape(checking: head + extents.filter { $0 != -1 } + tail)?.elementCount ?? 0
      try require(
        known > 0 && input.elementCount % known == 0 && extents.count { $0 == -1 } == 1,
        "one open extent that \(input.elementCount) elements fill", "\(layer.extents)")
      extents[open] = input.elementCount / known
    }
    let shape = Shape(checking: head + extents + tail)
    guard let shape, shape.elementCount == input.elementCount else {
      throw NetworkError(
        layer: name, "expected a shape of \(input.elementCount) elements, found \(layer.extents)")
    }
    return shape
  }
}

extension Node {
  private func require(
    _ condition: Bool, _ expected: @autoclosure () -> String, _ found: @autoclosure () -> String
  ) throws(NetworkError) {
    guard condition else {
      throw NetworkError(layer: name, "expected \(expected()), found \(found())")
    }
  }

  private func requireImage(_ input: Shape) throws(NetworkError) {
    try require(input.rank == 4, "an input [batch, channels, height, width]", "\(input)")
  }

  private func requireAxis(_ axis: Int, of input: Shape) throws(NetworkError) {
    try require(axis >= 0 && axis < input.rank, "an axis of \(input)", "\(axis)")
  }

  private func shape(
    _ input: Shape, channels: Int, _ height: Int, _ width: Int
  ) throws(NetworkError) -> Shape {
    guard let shape = Shape(checking: [input[0], channels, height, width]) else {
      throw tooLarge(input)
    }
    return shape
  }

  private func checked(_ input: Shape, _ axis: Int, _ extent: Int) throws(NetworkError) -> Shape {
    var dimensions = input.dimensions
    dimensions[axis] = extent
    guard let shape = Shape(checking: dimensions) else {
      throw tooLarge(input)
    }
    return shape
  }

  private func tooLarge(_ input: Shape) -> NetworkError {
    NetworkError(layer: name, "the output of \(input) is too large to count")
  }
}
