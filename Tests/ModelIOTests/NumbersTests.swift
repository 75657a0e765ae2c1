import Files
import ModelGraph
import ModelIO
import TensorCore
import Testing

/// Numbers with which no output can be right.
@Suite struct NumbersTests {
  private static func model(
    mean: Float = 0, variance: Float = 1, factor: Float? = nil, epsilon: Double = 1e-3,
    slope: Float = 0
  ) throws -> ReadModel {
    let normalization = Layer.BatchNormalization(
      mean: Tensor([2], [0, mean]), variance: Tensor([2], [1, variance]),
      factor: factor.map { Tensor([1], [$0]) }, epsilon: epsilon)
    let network = try Network(
      name: "net",
      nodes: [
        Node("x", .input(.init(shape: [1, 2, 1, 1]))),
        Node("bn", .batchNormalization(normalization), inputs: ["x"]),
        Node("slopes", .prelu(.init(slope: Tensor([2], [0, slope]))), inputs: ["bn"]),
      ])
    return ReadModel(Model(network: network, provenance: Provenance(format: "test")))
  }

  private static let file = InputFile(path: "net.h5", bytes: Bytes([]))

  private static func notes(
    _ model: ReadModel, allowing: Bool = false
  ) throws -> [String] {
    var options = ReadingOptions()
    options.allowsNonFinite = allowing
    return try model.settlingNumbers(of: [file], options: options).model.provenance.notes
  }

  private static let expected =
    "expected variances that are finite and, with epsilon (0.001), above 0"

  @Test(arguments: [
    (try model(variance: -1), "\(expected), found -1.0 in channel 1"),
    (try model(variance: .nan), "\(expected), found nan in channel 1"),
    (try model(variance: .infinity), "\(expected), found inf in channel 1"),
    (try model(mean: .nan), "expected finite means, found nan in channel 1"),
    (try model(factor: -1), "expected a factor of 0 or more, found -1.0"),
    (try model(factor: .infinity), "expected a factor of 0 or more, found inf"),
    (
      try model(variance: 0, epsilon: 0),
      "expected variances that are finite and, with epsilon (0.0), above 0, found 0.0 in channel 1"
    ),
  ])
  func `that cannot work are refused, or let pass and told`(
    _ model: ReadModel, _ reason: String
  ) throws {
    let error = #expect(throws: FormatError.self) { try Self.notes(model) }
    #expect(error?.description == "net.h5: bn: \(reason) (--allow-nonfinite)")
    #expect(
      try Self.notes(model, allowing: true).first
        == "batch normalization that cannot work was let pass, as was asked for: bn")
  }

  @Test func `that are unusual are told once`() throws {
    let model = try Self.model(variance: -0.0005, slope: .nan)
    let notes = ["weights with numbers that are not finite: slopes/slope (1)"]
    #expect(try Self.notes(model) == notes)
    let again = try model.settlingNumbers(of: [], options: ReadingOptions())
    #expect(try Self.notes(again) == notes)
  }

  /// As in caffe/src/caffe/layers/batch_norm_layer.cpp: the statistics are then 0.
  @Test func `a factor of 0 is that of a net that saw no batch`() throws {
    #expect(
      try Self.notes(Self.model(variance: -1, factor: 0)) == [
        "batch normalization has statistics of 0: no batch was ever seen (factor 0): bn"
      ])
  }
}
