import Reference
import Runtime

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif
import ModelGraph
import TensorCore
import TestSupport
import Testing

@Suite("ExecutionContext")
struct RunTests {
  private func input(_ shape: Shape, seed: UInt64 = 5) -> Tensor {
    var random = SeededGenerator(seed: seed)
    return random.tensor(shape)
  }

  @Test func `observed values come in topological order, inputs first`() throws {
    let network = try block(dropout: true)
    let executor = try ExecutionContext(ExecutionPlan(for: network, observing: .all))
    var names: [String] = []
    try executor.run(["data": input([1, 4, 6, 6])]) { names.append($0.name) }
    #expect(names == network.nodes.flatMap(\.outputs))
  }

  @Test func `each observed value is its layer of what it was made from`() throws {
    let network = try block(dropout: true)
    let plan = try ExecutionPlan(for: network, observing: .all)
    var values: [String: OracleValue] = [:]
    try ExecutionContext(plan).run(["data": input([1, 4, 6, 6])]) { value in
      values[value.name] = OracleValue(
        shape: value.shape, elements: value.elements.map { Double($0) })
    }
    for node in network.nodes.dropFirst() {
      let inputs = try node.inputs.map { try #require(values[$0]) }
      let found = try #require(values[node.outputs[0]])
      let expected = try Oracle.evaluate(node, inputs)[0]
      let magnitude = try Oracle.magnitudes(node, inputs)[0]
      let chain = Double(plan.additionChain(of: node.outputs[0]) ?? 0)
      let factor = (2 * chain.squareRoot() + 3) * 0x1p-24
      for i in expected.elements.indices {
        let error = abs(found.elements[i] - expected.elements[i])
        try #require(error <= factor * magnitude.elements[i], "\(node.name)[\(i)]")
      }
    }
  }

  @Test(arguments: ["a", "a_bn", "a_scale", "a_relu", "b", "b_bn", "sum", "shortcut", "data"])
  func `one observed value is the same as among all`(_ name: String) throws {
    let network = try block()
    let data = ["data": input([1, 4, 6, 6])]
    var among: [Float] = []
    try ExecutionContext(ExecutionPlan(for: network, observing: .all)).run(data) {
      if $0.name == name { among = Array($0.elements) }
    }
    var alone: [Float] = []
    try ExecutionContext(ExecutionPlan(for: network, observing: .named([name]))).run(data) {
      if $0.name == name { alone = Array($0.elements) }
    }
    try #require(alone.count == among.count && !alone.isEmpty)
    for (a, b) in zip(alone, among) { #expect(abs(a - b) <= 1e-5 * (1 + abs(a))) }
  }

  @Test func `merging changes no output beyond rounding`() throws {
    let network = try block()
    let data = ["data": input([1, 4, 6, 6])]
    let merged = try #require(try ExecutionContext(ExecutionPlan(for: network)).run(data)["relu"])
    var exact: [Double] = []
    try Oracle(network).run(data) { name, value in if name == "relu" { exact = value.elements } }
    for (found, expected) in zip(merged.doubles, exact) { #expect(abs(found - expected) < 1e-5) }
  }

  @Test(arguments: [ElementType.float64, .float16, .bfloat16])
  func `weights and inputs of any type are converted`(_ type: ElementType) throws {
    // 1.5, −2 and 0.25 exist in every type.
    let values = [1.5, -2, 0.25, 1]
    let bits: [UInt8]
    switch type {
    case .float64:
      bits = values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    case .bfloat16:
      bits = values.flatMap {
        withUnsafeBytes(of: UInt16(Float($0).bitPattern >> 16).littleEndian, Array.init)
      }
    case .float16:
      bits = [0x3e00, 0xc000, 0x3400, 0x3c00].flatMap {
        withUnsafeBytes(of: UInt16($0).littleEndian, Array.init)
      }
    case .float32: bits = values.flatMap { withUnsafeBytes(of: Float($0).bitPattern, Array.init) }
    }
    let kernel = try #require(
      Tensor(shape: [2, 2, 1, 1], elementType: type, bytes: Bytes(bits)))
    let data = try #require(Tensor(shape: [1, 2, 1, 2], elementType: type, bytes: Bytes(bits)))
    let network = try Network(
      name: "types",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 1, 2]))),
        Node("y", .convolution(.init(kernel: kernel)), inputs: ["data"]),
      ])
    let result = try ExecutionContext(ExecutionPlan(for: network)).run(["data": data])["y"]
    #expect(result?.floats == [1.75, -5, 0.625, 0.5])
  }

  @Test func `a weight at an odd address is used all the same`() throws {
    let bytes =
      [UInt8](repeating: 7, count: 1) + withUnsafeBytes(of: Float(3).bitPattern, Array.init)
    let odd = try #require(Bytes(bytes).slice(from: 1, count: 4))
    let kernel = try #require(Tensor(shape: [1, 1, 1, 1], elementType: .float32, bytes: odd))
    let network = try Network(
      name: "odd",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 1, 1]))),
        Node("y", .convolution(.init(kernel: kernel)), inputs: ["data"]),
      ])
    let result = try ExecutionContext(ExecutionPlan(for: network)).run([
      "data": Tensor([1, 1, 1, 1], [Float(2)])
    ])
    #expect(result["y"]?.floats == [6])
  }

  @Test func `a run leaves nothing behind for the next`() throws {
    let executor = try ExecutionContext(ExecutionPlan(for: block()))
    let first = try executor.run(["data": input([1, 4, 6, 6])])
    _ = try executor.run(["data": input([1, 4, 6, 6], seed: 6)])
    let again = try executor.run(["data": input([1, 4, 6, 6])])
    let (a, b) = (try #require(first["relu"]), try #require(again["relu"]))
    #expect(a.isBitEqual(to: b))
  }

  @Test func `NaN and infinity reach the output where the oracle has them`() throws {
    let network = try Network(
      name: "special",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 1, 4]))),
        Node("relu", .relu(.init(maximum: 6)), inputs: ["data"]),
        Node(
          "pool",
          .pooling(.init(kind: .maximum, kernel: Extent(height: 1, width: 2), stride: Extent(1))),
          inputs: ["data"]),
      ])
    let data = Tensor([1, 1, 1, 4], [Float.nan, .infinity, -.infinity, 1])
    let results = try ExecutionContext(ExecutionPlan(for: network)).run(["data": data])
    let relu = try #require(results["relu"]).floats
    #expect(relu[0].isNaN && relu[1...] == [6, 0, 1])
    let pool = try #require(results["pool"]).floats
    #expect(pool[0].isNaN && pool[1...] == [.infinity, 1])
  }

  @Test(arguments: [false, true])
  func `subnormal numbers are computed exactly, even in a host that flushes them`(
    _ hostFlushes: Bool
  ) throws {
    let network = try Network(
      name: "tiny",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 40, 40]))),
        Node(
          "y", .convolution(.init(kernel: Tensor([1, 1, 1, 1], [Float(0.5)]))), inputs: ["data"]),
      ])
    let data = Tensor([1, 1, 40, 40], [Float](repeating: Float(bitPattern: 6), count: 1600))
    for threadCount in [1, 2] {
      let plan = try ExecutionPlan(
        for: network, options: ExecutionOptions(threadCount: threadCount))
      var host = fenv_t()
      fegetenv(&host)
      #if arch(x86_64)
        var flushing = host
        flushing.__mxcsr |= 0x8040  // flush to zero, denormals are zero
        if hostFlushes { fesetenv(&flushing) }
      #endif
      let result = try ExecutionContext(plan).run(["data": data])
      var after = fenv_t()
      fegetenv(&after)
      fesetenv(&host)
      #if arch(x86_64)
        #expect((after.__mxcsr & 0x8040 == 0x8040) == hostFlushes)
      #endif
      #expect(result["y"]?.floats.map(\.bitPattern) == [UInt32](repeating: 3, count: 1600))
    }
  }

  @Test func `inputs that do not fit are refused by name`() throws {
    let executor = try ExecutionContext(ExecutionPlan(for: block()))
    #expect(throws: NetworkError("expected an input named data, found none")) {
      try executor.run([:])
    }
    #expect(
      throws: NetworkError(layer: "data", "expected an input of [1, 4, 6, 6], found [1, 4, 6, 7]")
    ) {
      try executor.run(["data": input([1, 4, 6, 7])])
    }
    #expect(throws: NetworkError("the network has no input named date")) {
      try executor.run(["data": input([1, 4, 6, 6]), "date": input([1])])
    }
  }

  @Test func `a network of an input and nothing else gives it back`() throws {
    let network = try Network(
      name: "echo",
      nodes: [
        Node("data", .input(.init(shape: [2, 3]))),
        Node("drop", .passThrough(.init(kind: .dropout)), inputs: ["data"]),
      ])
    let data = input([2, 3])
    let result = try ExecutionContext(ExecutionPlan(for: network)).run(["data": data])
    #expect(try #require(result["drop"]).isBitEqual(to: data))
  }
}
