internal import Files
internal import ModelGraph
internal import TensorCore

/// Turns the weights of a network that was trained on images whose width comes before their height,
/// as an array of MATLAB's does when its axes were not permuted for Caffe.
///
/// Such a network sees every image transposed. To see it upright it needs the last two axes of its
/// kernels exchanged and, where a fully connected layer reads an image, its columns in the order of
/// the upright image. Where a definition tells height and width apart, nothing says which it means:
/// that is refused.
struct ColumnMajorKernels {
  /// The images that values of two axes were flattened from.
  private var images: [String: Shape] = [:]  // [batch, channels, height, width]
  /// The layers whose weights were turned.
  private(set) var turned: [String] = []

  /// Refuses an input of which nobody said which side is its height.
  func check(_ shape: Shape, of input: String) throws(FormatError) {
    guard shape.rank != 4 || shape[2] == shape[3] else {
      throw FormatError(
        at: .object(input),
        "expected a square input beside --column-major-kernels, found \(shape): name height and "
          + "width with --input-shape N,C,H,W")
    }
  }

  /// Turns the weights of one layer, and follows the images it flattens.
  mutating func turn(
    _ plan: inout LayerPlan, of node: TestPhaseNet.Node, _ planner: LayerPlanner
  ) throws(FormatError) {
    let input = planner.inputs.first ?? []
    let image = node.inputs.first.flatMap { images[$0] } ?? (input.rank == 4 ? input : nil)
    let isFlat = input.rank != 4 && image != nil
    func require(_ condition: Bool, _ found: String) throws(FormatError) {
      try planner.require(
        condition,
        "expected height and width to be alike beside --column-major-kernels, found \(found)")
    }
    switch node.layer.operation {
    case .convolution(let parameters):
      let windows = [
        parameters.kernel, parameters.stride, parameters.padding, parameters.dilation,
      ]
      try require(windows.allSatisfy(\.isSquare), "a window of two sides")
      guard plan.weights[0].storedShape[2] > 1 else { return }
      plan.weights[0].transforms.append(.swapSpatialAxes)
      turned.append(node.layer.name)
    case .pooling(let parameters):
      let windows = [parameters.kernel, parameters.stride, parameters.padding]
      try require(windows.allSatisfy(\.isSquare), "a window of two sides")
    case .innerProduct(let parameters):
      guard let image, image[2] > 1, image[3] > 1 else { return }
      let axis = try planner.canonical(parameters.axis, of: input)
      try require(axis == 1, "a product from axis \(axis) on")
      plan.weights[0].turnColumns(of: image)
      turned.append(node.layer.name)
      return
    case .flatten, .reshape:
      guard let image, image[2] > 1, image[3] > 1, plan.outputShapes[0] != input else { break }
      let flat = Shape([image[0], image.elementCount(from: 1)])
      try require(!isFlat && plan.outputShapes[0] == flat, "an image made \(plan.outputShapes[0])")
      images[node.outputs[0]] = image
      return
    case .concat(let axis), .slice(let axis, _):
      guard input.rank == 4 else { break }
      let axis = try planner.canonical(axis, of: input)
      try require(axis < 2, "parts along axis \(axis)")
    case .softmax(let axis):
      guard input.rank == 4 else { break }
      let axis = try planner.canonical(axis, of: input)
      try require(axis < 2, "a softmax along axis \(axis)")
    case .batchNorm, .affine, .scale, .bias, .prelu:
      let isSpatial = plan.weights.contains { weight in
        weight.storedShape.elementCount > 1
          && (isFlat || input.rank == 4 && weight.storedShape != [input[1]])
      }
      try require(!isSpatial, "weights for each pixel")
    case .input, .data, .loss, .sink, .split, .dropout, .relu, .clip, .elu, .sigmoid, .tanh, .power,
      .eltwise, .lrn, .axpy, .bn, .unsupported:
      break
    }
    try follow(node, planner)
  }

  /// A layer that keeps the order of its elements hands on what its inputs were flattened from.
  private mutating func follow(
    _ node: TestPhaseNet.Node, _ planner: LayerPlanner
  ) throws(FormatError) {
    let sources = node.inputs.map { images[$0] }
    guard let image = sources.lazy.compactMap({ $0 }).first else { return }
    try planner.require(
      sources.allSatisfy { $0 == image } && node.outputs.count == 1
        && node.layer.operation.keepsOrder,
      "expected flattened images to reach a fully connected layer as they are beside "
        + "--column-major-kernels, found \(node.layer.type)")
    images[node.outputs[0]] = image
  }
}

extension CaffeOperation {
  /// Whether the layer's output has the elements of each of its inputs in the same order.
  fileprivate var keepsOrder: Bool {
    switch self {
    case .dropout, .relu, .clip, .prelu, .elu, .sigmoid, .tanh, .power, .eltwise, .flatten,
      .reshape, .softmax, .batchNorm, .affine, .scale, .bias:
      true
    case .input, .data, .loss, .sink, .split, .convolution, .pooling, .concat, .slice,
      .innerProduct, .lrn, .axpy, .bn, .unsupported:
      false
    }
  }
}

extension WindowParameter {
  /// Whether height and width are the same.
  fileprivate var isSquare: Bool {
    (sides.count < 2 || sides[0] == sides[1]) && (height ?? 0) == (width ?? 0)
  }
}

extension LayerPlan.Weight {
  /// Orders the columns of a matrix, which follow the transposed image, by the upright one.
  fileprivate mutating func turnColumns(of image: Shape) {  // [batch, channels, height, width]
    let transposed = Shape([shape[0], image[1], image[3], image[2]])
    let upright = Shape([shape[0], image[1], image[2], image[3]])
    transforms += [
      .reshape(from: shape, to: transposed), .swapSpatialAxes, .reshape(from: upright, to: shape),
    ]
  }
}
