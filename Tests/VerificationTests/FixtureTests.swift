import Files
import ModelGraph
import TensorCore
import Testing
import Verification

@Suite struct FixtureTests {
  /// data [2, 3, 4, 5] → conv [2, 3, 4, 5] → fc [2, 7] → prob [2, 7]
  static func model() throws -> Model {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 3, 4, 5]))),
        Node("conv", .relu(.init()), inputs: ["data"]),
        Node("fc", .fullyConnected(.init(kernel: zeros([7, 60]))), inputs: ["conv"]),
        Node("prob", .softmax(.init()), inputs: ["fc"]),
      ])
    return Model(network: network, provenance: Provenance(format: "caffe"))
  }

  static func zeros(_ shape: Shape) -> Tensor { Tensor(shape) { _ in } }
  static func doubles(_ shape: Shape) -> Tensor {
    Tensor(shape, [Double](repeating: 0, count: shape.elementCount))
  }
  static let input = ("input", zeros([2, 3, 4, 5]))

  @Test(
    arguments: [
      ("output", [2, 7], "prob", [2, 7]),
      ("prob", [2, 7, 1, 1], "prob", [2, 7]),
      ("logits", [1, 7], "fc", [1, 7]),
      ("conv", [1, 3, 4, 5], "conv", [1, 3, 4, 5]),
      ("conv", [2, 4, 5, 3], "conv", [2, 3, 4, 5]),
      ("conv#first2ch", [1, 2, 4, 5], "conv", [1, 2, 4, 5]),
    ] as [(String, Shape, String, Shape)])
  func `an array finds its value`(
    _ array: String, _ shape: Shape, _ value: String, _ part: Shape
  ) throws {
    let fixture = try Fixture(
      arrays: [Self.input, (array, Self.zeros(shape))], for: Self.model())
    let golden = try #require(fixture.goldens.first)
    #expect(golden.value == value && golden.shape == part && fixture.unmatched.isEmpty)
    #expect(fixture.valueCount == 1)
  }

  @Test(
    arguments: [
      ("pool", [2, 7], "the network has no value of this name"),
      ("cnov", [2, 7], "the network has no value of this name; did you mean conv?"),
      ("Prob64", [2, 7], "the network has no value of this name; did you mean prob?"),
      ("con#first2ch", [2, 7], "the network has no value of this name; did you mean conv?"),
      ("prob", [2, 8], "expected [2, 7], found [2, 8]"),
      ("conv", [3, 3, 4, 5], "expected [2, 3, 4, 5], found [3, 3, 4, 5]"),
      ("conv#first9ch", [1, 9, 4, 5], "expected [1, 3, 4, 5], found [1, 9, 4, 5]"),
      ("conv#first0ch", [1, 3, 4, 5], "the network has no value of this name"),
    ] as [(String, Shape, String)])
  func `an array that matches nothing is a failure with its reason`(
    _ array: String, _ shape: Shape, _ reason: String
  ) throws {
    let fixture = try Fixture(
      arrays: [Self.input, (array, Self.zeros(shape))], for: Self.model())
    #expect(fixture.unmatched.map(\.array) == [array])
    #expect(fixture.unmatched.first?.reason == reason)
    #expect(fixture.valueCount == 1)
  }

  @Test func `float64 replaces its twin under any of the value's names`() throws {
    let fixture = try Fixture(
      arrays: [
        Self.input, ("output", Self.zeros([2, 7])), ("output64", Self.doubles([2, 7])),
        ("prob", Self.zeros([1, 7])), ("logits", Self.zeros([2, 7])),
      ], for: Self.model())
    #expect(fixture.goldens.map(\.array) == ["logits", "output64"])
  }

  @Test func `a shorter float64 array does not hide a longer float32 one`() throws {
    let fixture = try Fixture(
      arrays: [Self.input, ("output", Self.zeros([2, 7])), ("output64", Self.doubles([1, 7]))],
      for: Self.model())
    #expect(Set(fixture.goldens.map(\.array)) == ["output", "output64"])
  }

  @Test func `of two inputs the shorter must begin the longer`() throws {
    let short = ("input", Self.zeros([1, 3, 4, 5]))
    let fixture = try Fixture(arrays: [short, Self.input], for: Self.model())
    #expect(fixture.inputs["data"]?.shape == [2, 3, 4, 5])
    // `resnet-verify run --executor oracle --layers all` writes the input as well, in float64.
    let exact = ("data", Self.doubles([2, 3, 4, 5]))
    #expect(throws: Never.self) { try Fixture(arrays: [Self.input, exact], for: Self.model()) }
    let other = ("input", Tensor([1, 3, 4, 5]) { $0.update(repeating: 1) })
    let error = #expect(throws: FormatError.self) {
      try Fixture(arrays: [other, Self.input], for: Self.model())
    }
    #expect(error?.description == "input: two inputs that differ")
  }

  @Test func `a fixture without an input is refused`() throws {
    let error = #expect(throws: FormatError.self) {
      try Fixture(arrays: [("output", Self.zeros([2, 7]))], for: Self.model())
    }
    #expect(error?.description == "input: the fixture has no such array")
  }

  @Test(
    arguments: [
      (.nchw, nil, [0, 1, 2, 3, 4, 5, 6, 7]),
      (.nhwc, nil, [0, 2, 4, 6, 1, 3, 5, 7]),
      (.nchw, .nhwc, [0, 2, 4, 6, 1, 3, 5, 7]),
      (.nhwc, .nchw, [0, 1, 2, 3, 4, 5, 6, 7]),
    ] as [(ArrayLayout, ArrayLayout?, [Float])])
  func `where both layouts fit the framework decides, or the user`(
    _ usual: ArrayLayout, _ layout: ArrayLayout?, _ planar: [Float]
  ) throws {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 2, 2]))), Node("y", .tanh, inputs: ["data"]),
      ])
    let model = Model(
      network: network, provenance: Provenance(format: "test", arrayLayout: usual))
    let array = Tensor([1, 2, 2, 2], (0..<8).map(Float.init))
    let fixture = try Fixture(
      arrays: [("input", array), ("y", array)], for: model, layout: layout)
    #expect(fixture.inputs["data"]?.floats == planar)
    #expect(fixture.goldens.first?.tensor.floats == planar)
  }
}
