import ModelGraph
import TensorCore
import Testing

@testable import Reference

@Suite struct WinogradRoundingTests {
  static func convolution(
    _ kernel: Shape = [4, 4, 3, 3], stride: Int = 1, padding: Int = 1, dilation: Int = 1,
    groups: Int = 1
  ) -> Layer {
    .convolution(
      .init(
        kernel: Tensor(kernel, [Float](repeating: 1, count: kernel.elementCount)),
        stride: Extent(stride), padding: Padding(vertical: padding, horizontal: padding),
        dilation: Extent(dilation), groups: groups))
  }

  @Test(arguments: [
    (convolution(), true), (convolution(padding: 0), true),
    (convolution([8, 2, 3, 3], groups: 2), true), (convolution([8, 1, 3, 3], groups: 4), true),
    (convolution([4, 1, 3, 3], groups: 4), false),
    (convolution([4, 1, 3, 3], padding: 2, groups: 4), true),
    (convolution(stride: 2), false), (convolution(padding: 2, dilation: 2), false),
    (convolution([4, 4, 1, 1]), false), (convolution([4, 4, 5, 5]), false),
    (convolution([4, 4, 1, 3]), false),
  ])
  func `it concerns what engines compute in this way, and all below`(
    _ layer: Layer, _ isConcerned: Bool
  ) throws {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 4, 12, 12]))),
        Node("other", .relu(.init()), inputs: ["data"]),
        Node("conv", layer, inputs: ["data"]), Node("relu", .relu(.init()), inputs: ["conv"]),
      ])
    #expect(network.valuesBelowWinograd == (isConcerned ? ["conv", "relu"] : []))
  }

  @Test func `the noise follows what went into a tile`() throws {
    // Ones in the last tile of the second image alone.
    let shape: Shape = [2, 1, 14, 14]
    let elements = (0..<shape.elementCount).map { index -> Double in
      index >= 196 && index % 14 > 12 && index / 14 % 14 > 12 ? 1 : 0
    }
    let layer = Self.convolution([3, 1, 3, 3], padding: 0)
    let noise = try #require(
      WinogradRounding(
        of: layer, input: OracleValue(shape: shape, elements: elements), output: [2, 3, 12, 12]))
    #expect(noise.deviation(0, 0) == 0 && noise.deviation(2, 143) == 0)
    #expect(noise.deviation(5, 0) == 0 && noise.deviation(5, 5) == 0)
    // 8 · √(1 + 16) · u · p² · √(9 · 1/64)
    let expected = 8 * 17.0.squareRoot() * 0x1p-24 * 1.472 * 1.472 * (9.0 / 64).squareRoot()
    #expect(abs(noise.deviation(5, 143) / expected - 1) < 1e-12)
  }

  @Test func `the profile of a tile has a mean square of 1`() {
    let squares = WinogradRounding.profile.map { $0 * $0 }
    #expect(abs(squares.reduce(0, +) / Double(squares.count) - 1) < 1e-3)
  }

  @Test func `noise for Winograd's transform is the same bits where there is none above`() throws {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 4, 7, 7]))),
        Node("first", Self.convolution(stride: 2), inputs: ["data"]),
        Node("second", Self.convolution(), inputs: ["first"]),
      ])
    let input = Tensor([1, 4, 7, 7], (0..<196).map { Float($0 % 13) - 6 })
    let oracle = try Oracle(network)
    func run(_ arithmetic: Perturbation.Arithmetic) throws -> [String: [Double]] {
      var values: [String: [Double]] = [:]
      let noise = Perturbation(seed: 3, arithmetic: arithmetic)
      try oracle.run(["data": input], perturbation: noise) { values[$0] = $1.elements }
      return values
    }
    let (direct, winograd) = try (run(.direct), run(.winograd))
    #expect(direct["first"] == winograd["first"])
    #expect(direct["second"] != winograd["second"])
  }
}
