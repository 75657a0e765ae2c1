import ModelGraph
import Reference
import ResNet
import TensorCore
import TestSupport
import Testing

@testable import Runtime

/// A random graph of sums, rectifiers, pools, joins and views over images of several sizes.
private func randomNetwork(seed: UInt64) throws -> Network {
  var random = SeededGenerator(seed: seed)
  var nodes = [
    Node("x0", .input(.init(shape: [1, 4, 8, 8]))), Node("x1", .input(.init(shape: [1, 4, 8, 8]))),
  ]
  var images = ["x0", "x1"]  // of one shape, all
  for index in 0..<30 {
    let name = "n\(index)"
    let value = images.randomElement(using: &random)!  // never empty
    switch Int.random(in: 0..<6, using: &random) {
    case 0: nodes.append(Node(name, .relu(.init()), inputs: [value]))
    case 1:
      let other = images.randomElement(using: &random)!
      nodes.append(Node(name, .elementwise(.init(operation: .sum)), inputs: [value, other]))
    case 2: nodes.append(Node(name, .passThrough(.init(kind: .split)), inputs: [value]))
    case 3:
      // A shortcut of its own image half of the time: output, addend and image are then one value.
      let side = [1, 3].randomElement(using: &random)!
      let layer = Layer.Convolution(
        kernel: random.tensor([4, 4, side, side], scale: 0.3),
        padding: .init(vertical: side / 2, horizontal: side / 2))
      let shortcut = Bool.random(using: &random) ? value : images.randomElement(using: &random)!
      nodes.append(Node(name + "/conv", .convolution(layer), inputs: [value]))
      nodes.append(
        Node(
          name, .elementwise(.init(operation: .sum)), inputs: [name + "/conv", shortcut]))
    case 4:
      nodes.append(Node(name + "/two", .concatenation(.init()), inputs: [value, value]))
      nodes.append(
        Node(
          name + "/cut", .slice(.init(points: [4])), inputs: [name + "/two"],
          outputs: [name, name + "/rest"]))
    default:
      nodes.append(Node(name, .flatten(.init()), inputs: [value]))
      continue  // an output of another shape
    }
    images.append(name)
  }
  return try Network(name: "random", nodes: nodes)
}

@Suite("PlanMemory")
struct MemoryPlanTests {
  @Test(arguments: UInt64(0)..<40)
  func `values that live at the same time never overlap`(_ seed: UInt64) throws {
    let plan = try ExecutionPlan(for: randomNetwork(seed: seed))
    func root(_ value: PlanValue) -> PlanValue { plan.views[value] ?? value }
    var life: [PlanValue: (bytes: Range<Int>, steps: ClosedRange<Int>)] = [:]
    func begin(_ value: PlanValue, _ step: Int) throws {
      let offset = try #require(plan.offsets[value])
      let end = offset + 4 * value.type.storageCount
      #expect(offset % 64 == 0 && end <= plan.arenaByteCount)
      life[value] = (offset..<end, step...step)
    }
    for value in plan.inputValues { try begin(value, -1) }
    for (index, step) in plan.steps.enumerated() {
      for value in step.inputs.map(root) {
        let made = try #require(life[value]).steps.lowerBound
        life[value]?.steps = made...index
      }
      for value in step.outputs { try begin(value, index) }
    }
    let values = life.keys.sorted { $0.description < $1.description }
    for (position, a) in values.enumerated() {
      for b in values[..<position] {
        let (first, second) = (try #require(life[a]), try #require(life[b]))
        guard first.bytes.overlaps(second.bytes), first.steps.overlaps(second.steps) else {
          continue
        }
        // The one overlap there may be: a step writes its output over an input that dies in it.
        let step = max(first.steps.lowerBound, second.steps.lowerBound)
        #expect(min(first.steps.upperBound, second.steps.upperBound) == step)
        #expect(first.bytes == second.bytes)
        let dying = first.steps.lowerBound < step ? a : b
        let readers = plan.steps[step].inputs.indices.filter {
          root(plan.steps[step].inputs[$0]) == dying
        }
        #expect(!readers.isEmpty)
        #expect(Set(readers).isSubset(of: plan.steps[step].kernel.overwritableInputs))
      }
    }
  }

  @Test(arguments: UInt64(0)..<20)
  func `sharing memory changes no value`(_ seed: UInt64) throws {
    let network = try randomNetwork(seed: seed)
    var random = SeededGenerator(seed: seed)
    let data = ["x0": random.integers([1, 4, 8, 8]), "x1": random.integers([1, 4, 8, 8])]
    let options = ExecutionOptions(threadCount: 2)
    let results = try ExecutionContext(ExecutionPlan(for: network, options: options)).run(data)
    try Oracle(network).run(data) { name, value in
      guard let found = results[name]?.doubles else { return }
      let size = value.elements.reduce(1) { max($0, abs($1)) }
      #expect(zip(found, value.elements).allSatisfy { abs($0 - $1) <= 1e-5 * size }, "\(name)")
    }
  }

  @Test func `ResNet-50 needs the memory of its widest place, not of all its values`() throws {
    let network = try #require(ResNetDescription(named: "resnet50")).network(named: "n", seed: 1)
    let plan = try ExecutionPlan(for: network)
    // conv1's output and the pool it goes into: 802,816 + 200,704 floats live together; res2's
    // two images of 256 × 56² and the one between them as well.
    #expect(plan.arenaByteCount >= 2 * 4 * 802_816)
    #expect(plan.arenaByteCount <= 2 * 4 * 802_816 + 4 * 401_408)
  }
}
