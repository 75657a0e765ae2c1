import Kernels
import ModelGraph
import ResNet
import Runtime
import TensorCore
import TestSupport
import Testing

/// A net with tiles of every kind: unfolded by tile and before, 1×1, groups, depthwise, pooling.
private func mixedNetwork(batch: Int) throws -> Network {
  var random = SeededGenerator(seed: 11)
  func convolution(
    _ kernel: Shape, stride: Int = 1, groups: Int = 1
  ) -> Layer {
    .convolution(
      .init(
        kernel: random.tensor(kernel), bias: random.tensor([kernel[0]]), stride: Extent(stride),
        padding: Padding(vertical: kernel[2] / 2, horizontal: kernel[3] / 2), groups: groups))
  }
  return try Network(
    name: "mixed",
    nodes: [
      Node("data", .input(.init(shape: [batch, 3, 61, 59]))),
      Node("stem", convolution([24, 3, 7, 7]), inputs: ["data"]),
      Node("relu", .relu(.init()), inputs: ["stem"]),
      Node("narrow", convolution([150, 24, 1, 1]), inputs: ["relu"]),
      Node(
        "pool",
        .pooling(.init(kind: .maximum, kernel: Extent(3), stride: Extent(2), rounding: .ceil)),
        inputs: ["narrow"]),
      Node("deep", convolution([150, 1, 3, 3], groups: 150), inputs: ["pool"]),
      Node("groups", convolution([150, 50, 3, 3], stride: 2, groups: 3), inputs: ["deep"]),
      Node("same", convolution([150, 150, 3, 3]), inputs: ["groups"]),
      Node("sum", .elementwise(.init(operation: .sum)), inputs: ["groups", "same"]),
      Node(
        "lrn", .localResponseNormalization(.init(size: 5, alpha: 1e-2, beta: 0.75)),
        inputs: ["sum"]),
      Node("average", .globalPooling(.init(kind: .average)), inputs: ["lrn"]),
      Node("fc", .fullyConnected(.init(kernel: random.tensor([70, 150]))), inputs: ["average"]),
      Node("prob", .softmax(.init()), inputs: ["fc"]),
    ])
}

/// The bits of every value that a plan shows.
private func bits(
  _ network: Network, _ inputs: [String: Tensor], _ observing: ObservedValues,
  _ options: ExecutionOptions
) throws -> [String: [UInt32]] {
  var result: [String: [UInt32]] = [:]
  let plan = try ExecutionPlan(
    for: network, inputShapes: inputs.mapValues(\.shape), observing: observing, options: options)
  try ExecutionContext(plan).run(inputs) { value in
    result[value.name] = value.elements.map(\.bitPattern)
  }
  return result
}

private let levels = InstructionSet.allCases.filter(\.isAvailable)

@Suite("Same bits")
struct SameBitsTests {
  @Test(arguments: [ObservedValues.all, .outputs], [2, 3, 5, 16])
  func `any number of threads`(_ observing: ObservedValues, _ threadCount: Int) throws {
    var random = SeededGenerator(seed: 1)
    let network = try mixedNetwork(batch: 2)
    let data = ["data": random.tensor([2, 3, 61, 59])]
    for level in levels {
      let options = ExecutionOptions(instructionSet: level)
      let alone = try bits(network, data, observing, options)
      for _ in 0..<3 {
        let together = try bits(
          network, data, observing, .init(threadCount: threadCount, instructionSet: level))
        #expect(alone == together)
      }
    }
  }

  @Test(arguments: [2, 3, 5])
  func `any number of threads on ResNet-50`(_ threadCount: Int) throws {
    var random = SeededGenerator(seed: 1)
    let data = ["data": random.tensor([1, 3, 224, 224])]
    let network = try #require(ResNetDescription(named: "resnet50")).network(named: "n", seed: 4)
    let alone = try bits(network, data, .all, .init())
    let together = try bits(network, data, .all, .init(threadCount: threadCount))
    #expect(alone == together)
  }

  @Test(arguments: [false, true])
  func `a batch is its images one by one`(_ isStrict: Bool) throws {
    var random = SeededGenerator(seed: 2)
    let images = (0..<3).map { _ in random.tensor([1, 3, 61, 59]) }
    let batch = Tensor([3, 3, 61, 59], images.flatMap(\.floats))
    let network = try mixedNetwork(batch: 1)
    let together = try bits(
      network, ["data": batch], .all, .init(threadCount: 2, isStrict: isStrict))
    let alone = try images.map { try bits(network, ["data": $0], .all, .init(isStrict: isStrict)) }
    for (name, value) in together {
      #expect(value == alone.flatMap { $0[name] ?? [] }, "\(name)")
    }
  }

  @Test(arguments: [ObservedValues.all, .outputs])
  func `strict: every instruction set`(_ observing: ObservedValues) throws {
    var random = SeededGenerator(seed: 3)
    let data = ["data": random.tensor([1, 3, 61, 59])]
    let network = try mixedNetwork(batch: 1)
    let scalar = try bits(
      network, data, observing, .init(instructionSet: .scalar, isStrict: true))
    for level in levels where level != .scalar {
      let found = try bits(
        network, data, observing, .init(threadCount: 2, instructionSet: level, isStrict: true))
      #expect(found == scalar, "\(level)")
    }
  }

  @Test(arguments: 0..<16)
  func `a product does not depend on where its matrices lie`(_ offset: Int) throws {
    var random = SeededGenerator(seed: 9)
    let (m, n, k) = (37, 83, 101)
    let multiplication = try MatrixProduct()
    let left = random.tensor([m, k]).floats
    let right = random.tensor([k, n]).floats
    func product(_ offset: Int) -> [UInt32] {
      let a = [Float](repeating: 0, count: offset) + left
      let b = [Float](repeating: 0, count: 15 - offset) + right
      var c = [Float](repeating: 0, count: m * n + offset)
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            multiplication.multiply(
              Matrix(a, offset: offset, rows: m, columns: k),
              Matrix(b, offset: 15 - offset, rows: k, columns: n),
              into: MutableMatrix(c, offset: offset, rows: m, columns: n))
          }
        }
      }
      return c.dropFirst(offset).map(\.bitPattern)
    }
    #expect(product(offset) == product(0))
  }
}
