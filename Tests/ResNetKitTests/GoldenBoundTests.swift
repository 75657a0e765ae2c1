import Foundation
import ResNetKit
import TestSupport
import Testing

/// What goldens of each number type excuse, and what they do not: the trained digits and their
/// goldens by OpenCV, with Winograd's transform and without.
@Suite struct GoldenBoundTests {
  static let bySums = "digits/digits-golden-layers.npz"
  static let byWinograd = "digits/digits-golden-winograd.npz"

  static func model() throws -> Model {
    try CaffeFormat().readModel(
      from: ["prototxt", "caffemodel"].map {
        try InputFile(path: Places.fixture("digits/digits-resnet.\($0)"))
      }, options: ReadingOptions()
    ).model
  }

  /// The arrays of a fixture, all but the input as `transform` makes them.
  static func arrays(
    _ name: String, _ transform: (Tensor) -> Tensor = { $0 }
  ) throws -> [(name: String, tensor: Tensor)] {
    try NPZ.read(InputFile(path: Places.fixture(name))).map {
      ($0.name, $0.name == "input" ? $0.tensor : transform($0.tensor))
    }
  }

  /// Every value in float64.
  static func exactArrays(_ model: Model) throws -> [(name: String, tensor: Tensor)] {
    let input = try #require(arrays(bySums).first { $0.name == "input" })
    var found = [input]
    let values = Set(model.network.nodes.flatMap(\.outputs)).subtracting(["data"])
    try Engine.oracle.run(model.network, inputs: ["data": input.tensor], observing: values) {
      found.append(($0, $1))
    }
    return found
  }

  static func verify(
    _ network: Network, _ fixture: Fixture, _ scale: RoundingScale, _ engine: Engine = .oracle
  ) throws -> FixtureVerification {
    try FixtureVerification(of: network, on: fixture, engine: engine, scale: scale)
  }

  /// The least of some epsilons, all more than the network's 1e-5, that is called another network.
  static func leastEpsilonCaught(
    _ network: Network, _ fixture: Fixture, _ scale: RoundingScale
  ) throws -> Double? {
    try [1.001e-5, 1.01e-5, 1.02e-5, 1.05e-5, 1.1e-5, 1.2e-5, 1.5e-5, 2e-5, 5e-5, 1e-4].first {
      epsilon in
      let changed = network.mapLayers { node in
        guard case .batchNormalization(var layer) = node.layer else { return node.layer }
        layer.epsilon = epsilon
        return .batchNormalization(layer)
      }
      return try !verify(changed, fixture, scale).passes
    }
  }

  @Test(arguments: [bySums, byWinograd], [Engine.fast(threadCount: 2), .oracle])
  func `float32 may come from Winograd's transform or not`(
    _ name: String, _ engine: Engine
  ) throws {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.arrays(name), for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    let result = try Self.verify(model.network, fixture, scale, engine)
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
    #expect(result.comparedCount == fixture.valueCount)
  }

  @Test func `with sums taken term by term Winograd's transform would not pass`() throws {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.arrays(Self.byWinograd), for: model)
    let scale = try RoundingScale(of: model.network, inputs: fixture.inputs)
    let result = try Self.verify(model.network, fixture, scale)
    #expect(result.firstDiverging?.value == "conv1")
  }

  @Test func `float64 has the bounds of sums taken term by term, and shows 1.1e-5 for 1e-5`() throws
  {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.exactArrays(model), for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    let plain = try RoundingScale(of: model.network, inputs: fixture.inputs)
    let bounds = try Self.verify(model.network, fixture, scale).comparisons.map(\.bound)
    #expect(try bounds == Self.verify(model.network, fixture, plain).comparisons.map(\.bound))
    let least = try #require(try Self.leastEpsilonCaught(model.network, fixture, scale))
    #expect(least <= 1.1e-5)
  }

  @Test func `float32 shows an epsilon of 2e-5 for 1e-5`() throws {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.arrays(Self.bySums), for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    let least = try #require(try Self.leastEpsilonCaught(model.network, fixture, scale))
    #expect(least <= 2e-5)
    let narrow = try RoundingScale(of: model.network, inputs: fixture.inputs)
    let leastBySums = try #require(try Self.leastEpsilonCaught(model.network, fixture, narrow))
    #expect(leastBySums <= least)
    print("least epsilon told from 1e-5: \(least); with sums taken term by term: \(leastBySums)")
  }

  /// What a wrong conversion does.
  enum Fault: String, CaseIterable {
    case shiftedUp, shiftedLeft, shiftedStem, oneWeight, lostBias

    func applied(to network: Network) -> Network {
      network.mapLayers { node in
        guard case .convolution(var layer) = node.layer else { return node.layer }
        switch (self, node.name) {
        case (.shiftedUp, "res2a_branch2b"): layer.padding = Padding(left: 1, bottom: 2, right: 1)
        case (.shiftedLeft, "res4b_branch2b"): layer.padding = Padding(top: 1, bottom: 1, right: 2)
        case (.shiftedStem, "conv1"): layer.padding = Padding(top: 2, left: 1, right: 1)
        case (.oneWeight, "res3b_branch2a"):
          // A hundredth of the largest on one of some thousands.
          var elements = layer.kernel.floats
          elements[elements.count / 2] += 0.01 * (elements.map(abs).max() ?? 0)
          layer.kernel = Tensor(layer.kernel.shape, elements)
        case (.lostBias, "conv1"): layer.bias = nil
        default: break
        }
        return .convolution(layer)
      }
    }
  }

  @Test(arguments: Fault.allCases, [bySums, byWinograd])
  func `a wrong network differs from float32 goldens of either kind`(
    _ fault: Fault, _ name: String
  ) throws {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.arrays(name), for: model)
    let wrong = fault.applied(to: model.network)
    let scale = try RoundingScale(of: wrong, for: fixture)
    let result = try Self.verify(wrong, fixture, scale)
    #expect(!result.passes)
    let worst = try #require(result.firstDiverging)
    #expect(worst.worstIndex?.count == worst.shape.rank)
  }

  static let halves: [ElementType] = [.float16, .bfloat16]

  @Test(arguments: halves, [bySums, byWinograd])
  func `half precision is excused by half a step of each element`(
    _ type: ElementType, _ name: String
  ) throws {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.arrays(name) { $0.rounded(to: type) }, for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    let result = try Self.verify(model.network, fixture, scale, .fast(threadCount: 2))
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
    #expect(result.comparisons.allSatisfy { $0.goldenType == type })
  }

  @Test(arguments: halves, [Fault.shiftedUp, .shiftedLeft, .shiftedStem])
  func `half precision does not excuse a shift by a pixel`(
    _ type: ElementType, _ fault: Fault
  ) throws {
    let model = try Self.model()
    let fixture = try Fixture(arrays: Self.arrays(Self.bySums) { $0.rounded(to: type) }, for: model)
    let wrong = fault.applied(to: model.network)
    let scale = try RoundingScale(of: wrong, for: fixture)
    #expect(try !Self.verify(wrong, fixture, scale).passes)
  }

  /// Keras computed it in half precision, all of it.
  @Test(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
  func `what a framework computed in half precision is equal`() throws {
    let folder = "\(Places.realData ?? "")/cases/keras/"
    let file = try InputFile(path: folder + "half_policy.keras")
    let model = try KerasFormat().readModel(from: [file], options: ReadingOptions()).model
    let arrays = try NPZ.read(InputFile(path: folder + "half_policy.io.npz")).map {
      (name: ["x0": "input", "y0": "output"][$0.name] ?? $0.name, tensor: $0.tensor)
    }
    #expect(arrays.contains { $0.tensor.elementType == .float16 })
    let fixture = try Fixture(arrays: arrays, for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    let result = try Self.verify(model.network, fixture, scale, .fast(threadCount: 2))
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "")")
  }
}

extension Tensor {
  /// The elements rounded to nearest, ties to even.
  fileprivate func rounded(to type: ElementType) -> Tensor {
    let bits = floats.map { element in
      if type == .float16 { return Float16(element).bitPattern }
      let pattern = element.bitPattern
      return UInt16((pattern + 0x7fff + (pattern >> 16 & 1)) >> 16)
    }
    let bytes = Bytes(bits.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    return Tensor(shape: shape, elementType: type, bytes: bytes)!
  }
}
