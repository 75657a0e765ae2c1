internal import Files
internal import ModelGraph
internal import TensorCore

// Convolution, pooling and matrix product.
extension LayerPlanner {
  func plan(_ parameters: ConvolutionParameters) throws(FormatError) -> LayerPlan {
    let input = inputs[0]
    try require(
      input.rank == 4, "expected an input [batch, channels, height, width], found \(input)")
    try require(
      try canonical(parameters.axis, of: input) == 1,
      "expected channels on axis 1, found axis \(parameters.axis)")
    guard let kernel = try extent(parameters.kernel, "kernel_size") else {
      throw error("expected a kernel_size, found none")
    }
    let stride = try extent(parameters.stride, "stride") ?? Extent(1)
    let pad = try extent(parameters.padding, "pad") ?? Extent(0)
    let dilation = try extent(parameters.dilation, "dilation") ?? Extent(1)
    let (outputs, groups) = try outputsAndGroups(of: parameters)
    try require(outputs > 0, "expected a num_output of 1 or more, found 0")
    try require(
      groups > 0 && input[1] % groups == 0 && outputs % groups == 0,
      "expected a group that divides \(input[1]) inputs and \(outputs) outputs, found \(groups)")
    let dimensions = [outputs, input[1] / groups, kernel.height, kernel.width]
    guard let kernelShape = Shape(checking: dimensions) else {
      throw error("expected a kernel that can be counted, found \(dimensions)")
    }
    // A convolution has as many windows as a pooling of the padded image whose kernel reaches as
    // far. A pad is below 2^32, an extent of a value below 2^31: their sum does not overflow.
    let padded = [input[0], 1, input[2] + 2 * pad.height, input[3] + 2 * pad.width]
    guard let image = Shape(checking: padded) else {
      throw error("expected a padded image that can be counted, found \(padded)")
    }
    let reach = Layer.Pooling(
      kind: .maximum, kernel: try dilated(kernel, by: dilation), stride: stride)
    let windows = try plan(.pooling(reach), for: [image]).outputShapes[0]
    guard let output = Shape(checking: [input[0], outputs, windows[2], windows[3]]) else {
      throw error("expected an output that can be counted, found one that is too large")
    }
    let bias = LayerPlan.Weight(.bias, [outputs])
    let weights = [LayerPlan.Weight(.kernel, kernelShape)] + (parameters.hasBias ? [bias] : [])
    return LayerPlan(weights: weights, outputShapes: [output]) { tensors in
      .convolution(
        Layer.Convolution(
          kernel: tensors[0], bias: parameters.hasBias ? tensors[1] : nil, stride: stride,
          padding: Padding(vertical: pad.height, horizontal: pad.width), dilation: dilation,
          groups: groups))
    }
  }

  /// The number of outputs and of groups; a depthwise type has one of each for every channel, and
  /// need not say so.
  private func outputsAndGroups(
    of parameters: ConvolutionParameters
  ) throws(FormatError) -> (outputs: Int, groups: Int) {
    let (outputs, groups) = (parameters.outputCount, parameters.groups)
    guard parameters.isDepthwise else { return (outputs, groups) }
    let channels = inputs[0][1]
    try require(
      [0, channels].contains(outputs) && [1, channels].contains(groups),
      "expected a num_output and a group of \(channels), as many as channels, for \(layer.type), "
        + "found \(outputs) and \(groups)")
    return (channels, channels)
  }

  func plan(_ parameters: InnerProductParameters) throws(FormatError) -> LayerPlan {
    let input = inputs[0]
    let axis = try canonical(parameters.axis, of: input)
    let (outputs, count) = (parameters.outputCount, input.elementCount(from: axis))
    try require(outputs > 0, "expected a num_output of 1 or more, found 0")
    guard let kernelShape = Shape(checking: [outputs, count]),
      let output = Shape(checking: input.dimensions[..<axis] + [outputs])
    else {
      throw error("expected a matrix that can be counted, found \(outputs) × \(count)")
    }
    var kernel = LayerPlan.Weight(.kernel, kernelShape)
    if parameters.isTransposed {
      kernel = LayerPlan.Weight(
        .kernel, [count, outputs], as: kernelShape, transforms: [.transpose])
    }
    let bias = LayerPlan.Weight(.bias, [outputs])
    let weights = [kernel] + (parameters.hasBias ? [bias] : [])
    return LayerPlan(weights: weights, outputShapes: [output]) { tensors in
      .fullyConnected(
        Layer.FullyConnected(
          kernel: tensors[0], bias: parameters.hasBias ? tensors[1] : nil, axis: axis))
    }
  }

  func plan(_ parameters: PoolingParameters) throws(FormatError) -> LayerPlan {
    guard let kind = parameters.kind else {
      throw error("expected MAX or AVE, found stochastic pooling, which is not supported")
    }
    let kernel = try extent(parameters.kernel, "kernel_size", isPaired: true)
    let stride = try extent(parameters.stride, "stride", isPaired: true) ?? Extent(1)
    let pad = try extent(parameters.padding, "pad", isPaired: true) ?? Extent(0)
    if parameters.isGlobal {
      try require(kernel == nil, "expected no kernel_size with global_pooling, found one")
      try require(
        stride == Extent(1) && pad == Extent(0),
        "expected stride 1 and pad 0 with global_pooling, found others")
      return try plan(.globalPooling(.init(kind: kind)))
    }
    guard let kernel else { throw error("expected a kernel_size, found none") }
    try require(
      pad.height == 0 && pad.width == 0 || pad.height < kernel.height && pad.width < kernel.width,
      "expected a pad smaller than the kernel, found "
        + "\(pad.height) × \(pad.width) for \(kernel.height) × \(kernel.width)")
    func pooling(_ rounding: Rounding) throws(FormatError) -> LayerPlan {
      try plan(
        .pooling(
          Layer.Pooling(
            kind: kind, kernel: kernel, stride: stride,
            padding: Padding(vertical: pad.height, horizontal: pad.width), rounding: rounding,
            clipsLastWindow: pad != Extent(0), divisor: .paddedWindow)))
    }
    if let rounding = try rounding(of: parameters) { return try pooling(rounding) }
    let (up, down) = (try pooling(.ceil), try pooling(.floor))
    try require(
      up.outputShapes == down.outputShapes,
      "cannot tell how this pooling rounds: field 13 is round_mode to BVLC's Caffe and ceil_mode, "
        + "with the opposite meaning, to a branch of it and to OpenCV, and gives \(up.outputShapes[0]) "
        + "or \(down.outputShapes[0]); name --caffe-dialect bvlc or ceil-mode, or give a prototxt")
    return up
  }

  /// How windows are counted where they do not fill an image; nil if nothing tells.
  private func rounding(of parameters: PoolingParameters) throws(FormatError) -> Rounding? {
    let named: Rounding? = parameters.roundsUp.map { $0 ? .ceil : .floor }
    guard let value = parameters.roundingValue else { return named ?? .ceil }
    let rounding: Rounding
    switch parameters.roundingField {
    case .roundMode: rounding = value == 1 ? .floor : .ceil
    case .ceilMode: rounding = value == 0 ? .floor : .ceil
    case nil: return nil
    }
    try require(
      named == nil || named == rounding,
      "expected round_mode and ceil_mode to say the same, found one that rounds by \(rounding)")
    return rounding
  }

  /// Height and width of a parameter that may be given in three ways; nil if it is given in none.
  ///
  /// - Parameter isPaired: whether height and width must come together; where they need not, the
  ///   one that is missing is 0.
  private func extent(
    _ parameter: WindowParameter, _ name: String, isPaired: Bool = false
  ) throws(FormatError) -> Extent? {
    if parameter.height != nil || parameter.width != nil {
      try require(
        parameter.sides.isEmpty, "expected either \(name) or its height and width, found both")
      try require(
        !isPaired || parameter.height != nil && parameter.width != nil,
        "expected height and width of \(name), found one of them")
      return Extent(height: parameter.height ?? 0, width: parameter.width ?? 0)
    }
    try require(
      parameter.sides.count <= 2,
      "expected \(name) once or for each of 2 axes, found it \(parameter.sides.count) times")
    guard let height = parameter.sides.first else { return nil }
    return Extent(height: height, width: parameter.sides.last ?? height)
  }

  /// How far a kernel reaches whose taps are some pixels apart.
  private func dilated(_ kernel: Extent, by dilation: Extent) throws(FormatError) -> Extent {
    func reach(_ kernel: Int, _ dilation: Int) throws(FormatError) -> Int {
      // Both came from 32 bits: the product fits.
      try require(
        kernel > 0 && dilation > 0,
        "expected a kernel and a dilation of 1 or more, found \(kernel) and \(dilation)")
      return dilation * (kernel - 1) + 1
    }
    return Extent(
      height: try reach(kernel.height, dilation.height),
      width: try reach(kernel.width, dilation.width))
  }
}
