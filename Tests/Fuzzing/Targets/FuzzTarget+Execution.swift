import CaffeFormat
import Executor
import Inspection
import ModelGraph
import ModelIO
import TensorCore

extension FuzzTarget {
  /// More would take the time of a thousand other inputs.
  private static let elementLimit = 1 << 14
  private static let productLimit = 1 << 20

  static func execute(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let source = try source(inText: bytes)
    let model = try accepted { () throws(FormatError) in
      try CaffeFormat().readModel(from: source, options: ReadingOptions(ignoresUnknownFields: true))
    }
    guard let model else { return false }
    do {
      let summary = try ModelSummary(of: model)
      let isSmall =
        summary.activationByteCount <= 4 * elementLimit
        && summary.multiplyAccumulates <= productLimit
      if isSmall { try run(model.network, observing: bytes.count % 2 == 0 ? .all : .outputs) }
    } catch let error as NetworkError {
      try require(!error.reason.isEmpty, "an error has a reason")
    } catch {
      throw Contradiction("\(error)")
    }
    return true
  }

  /// Runs a network on numbers that count up, by the oracle and by the executor.
  private static func run(_ network: Network, observing: ObservedValues) throws {
    var inputs: [String: Tensor] = [:]
    for (name, shape) in network.inputs {
      inputs[name] = Tensor(shape, (0..<shape.elementCount).map { Float($0 % 7) - 3 })
    }
    var expected: [String: Shape] = [:]
    try Oracle(network).run(inputs) { name, value in expected[name] = value.shape }
    let plan = try ExecutionPlan(for: network, observing: observing)
    let outputs = try Executor(plan).run(inputs)
    try require(
      Set(outputs.keys) == Set(network.outputs)
        && outputs.allSatisfy { name, value in value.shape == expected[name] },
      "both executors give the outputs of the network")
  }
}
