import ModelGraph
import Reference
import Runtime
import TensorCore
import TestSupport
import Testing

/// A convolution of a ResNet: channels, kernel, size of the image.
struct ConvolutionShape: Sendable, CustomTestStringConvertible {
  let inputs: Int
  let outputs: Int
  let kernel: Int
  let side: Int
  let stride: Int

  var testDescription: String { "\(inputs)→\(outputs), \(kernel)×\(kernel), \(side)², /\(stride)" }
}

@Suite("Bound")
struct BoundTests {
  /// Every kind of convolution of a ResNet-50, with fewer outputs: each is computed alike.
  static let shapes = [
    ConvolutionShape(inputs: 3, outputs: 16, kernel: 7, side: 224, stride: 2),
    ConvolutionShape(inputs: 64, outputs: 64, kernel: 1, side: 56, stride: 1),
    ConvolutionShape(inputs: 64, outputs: 16, kernel: 3, side: 56, stride: 1),
    ConvolutionShape(inputs: 256, outputs: 64, kernel: 1, side: 56, stride: 2),
    ConvolutionShape(inputs: 128, outputs: 16, kernel: 3, side: 28, stride: 1),
    ConvolutionShape(inputs: 256, outputs: 16, kernel: 3, side: 14, stride: 1),
    ConvolutionShape(inputs: 1024, outputs: 64, kernel: 1, side: 14, stride: 2),
    ConvolutionShape(inputs: 512, outputs: 64, kernel: 3, side: 7, stride: 1),
    ConvolutionShape(inputs: 2048, outputs: 64, kernel: 1, side: 7, stride: 1),
  ]

  @Test(arguments: shapes)
  func `strict, a convolution stays within (2√d + 3)u, its rms within 0.4√d u`(
    _ shape: ConvolutionShape
  ) throws {
    var random = SeededGenerator(seed: 8)
    let node = Node(
      "y",
      .convolution(
        .init(
          kernel: random.tensor([shape.outputs, shape.inputs, shape.kernel, shape.kernel]),
          bias: random.tensor([shape.outputs]), stride: Extent(shape.stride),
          padding: Padding(vertical: shape.kernel / 2, horizontal: shape.kernel / 2))),
      inputs: ["data"])
    let inputShape: Shape = [1, shape.inputs, shape.side, shape.side]
    let network = try Network(
      name: "bound", nodes: [Node("data", .input(.init(shape: inputShape))), node])
    let plan = try ExecutionPlan(for: network, options: .init(isStrict: true))
    // As after a rectifier: half of the elements are zero.
    let data = Tensor(inputShape, random.tensor(inputShape).floats.map { max($0, 0) })
    let found = try #require(try ExecutionContext(plan).run(["data": data])["y"]).doubles
    let input = OracleValue(shape: inputShape, elements: data.doubles)
    let expected = try Oracle.evaluate(node, [input])[0].elements
    let magnitudes = try Oracle.magnitudes(node, [input])[0].elements
    let chain = Double(try #require(plan.additionChain(of: "y")))
    #expect(Int(chain) == shape.inputs * shape.kernel * shape.kernel + 1)

    var energy = 0.0
    var largest = 0.0
    for i in expected.indices {
      let ratio = abs(found[i] - expected[i]) / (0x1p-24 * magnitudes[i])
      energy += ratio * ratio
      largest = max(largest, ratio)
    }
    let rms = (energy / Double(expected.count)).squareRoot()
    #expect(largest <= 2 * chain.squareRoot() + 3)
    #expect(rms <= 0.4 * chain.squareRoot())
  }
}
