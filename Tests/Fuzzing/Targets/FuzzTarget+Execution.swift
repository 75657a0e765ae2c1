import CaffeFormat
import Files
import Inspection
import ModelGraph
import ModelIO
import Reference
import Runtime
import TensorCore

extension FuzzTarget {
  static func execute(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let source = try source(inText: bytes)
    let model = try accepted { () throws(FormatError) in
      try CaffeFormat().readModel(from: source, options: ReadingOptions()).model
    }
    guard let model else { return false }
    do {
      _ = try ModelSummary(of: model)
      if model.network.isSmall {
        try run(model.network, observing: bytes.count % 2 == 0 ? .all : .outputs)
      }
    } catch let error as NetworkError {
      try require(!error.reason.isEmpty, "an error has a reason")
    } catch {
      throw Contradiction("\(error)")
    }
    return true
  }

  /// Runs a network on numbers that count up, by the oracle and by the executor.
  private static func run(_ network: Network, observing: ObservedValues) throws {
    let inputs = countingInputs(of: network)
    var expected: [String: Shape] = [:]
    try Oracle(network).run(inputs) { name, value in expected[name] = value.shape }
    let plan = try ExecutionPlan(for: network, observing: observing)
    let outputs = try ExecutionContext(plan).run(inputs)
    try require(
      Set(outputs.keys) == Set(network.outputs)
        && outputs.allSatisfy { name, value in value.shape == expected[name] },
      "both executors give the outputs of the network")
  }

  /// Small whole numbers for every input.
  static func countingInputs(of network: Network) -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    for (name, shape) in network.inputs {
      inputs[name] = Tensor(shape, (0..<shape.elementCount).map { Float($0 % 7) - 3 })
    }
    return inputs
  }
}

extension Network {
  /// Whether it runs in a moment: more would take the time of a thousand other inputs.
  var isSmall: Bool {
    guard let costs = try? costs() else { return false }
    return costs.reduce(0) { $0 + $1.multiplyAccumulates } <= 1 << 20
      && costs.reduce(0) { $0 + $1.activationByteCount } <= 1 << 16
  }
}
