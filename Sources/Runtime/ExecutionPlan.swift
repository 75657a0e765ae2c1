internal import Kernels
public import ModelGraph
public import TensorCore

/// Which values of a network an observer will be shown.
public enum ObservedValues: Sendable {
  /// The results only.
  case outputs
  /// Every value of the network, the inputs included.
  case all
  /// The results and these.
  case named(Set<String>)
}

/// What is to be done to run a network on inputs of given shapes: steps, tiles and memory.
///
/// Immutable: one plan serves any number of contexts. Layers are merged where no observed value is
/// hidden by it. The bits of the results depend on the plan, never on the number of threads; the
/// bits for one image do not depend on the number of images.
public struct ExecutionPlan: Sendable {
  /// What is computed, in order.
  public let steps: [Step]
  /// The bytes that hold the values of the network.
  public let arenaByteCount: Int
  /// The bytes of working memory of each thread.
  public let scratchByteCount: Int
  /// The shapes of the values that are observed, outputs included.
  public let shapes: [String: Shape]
  /// The inputs with the shapes they must have.
  public let inputs: [(name: String, shape: Shape)]
  /// The results, in the order of the network.
  public let outputs: [String]

  let table: KernelTable
  /// The values of `inputs`.
  let inputValues: [String]
  /// Where each value begins in the arena, in bytes.
  let offsets: [String: Int]
  /// The observed values by the step that makes them; the first are those the caller provides.
  let observedValues: [[String]]
  /// The values that are the memory of another.
  let views: [String: String]

  /// Plans a network.
  ///
  /// - Parameters:
  ///   - inputShapes: shapes of inputs by name, instead of those of the definition: any batch and
  ///     any image size that the layers accept.
  ///   - observing: the values that `ExecutionContext.run` will show; the more, the less is merged.
  /// - Throws: `NetworkError` where a layer does not fit its input, a name is no value of the
  ///   network, or a value is empty or too large.
  public init(
    for network: Network, inputShapes: [String: Shape] = [:],
    observing: ObservedValues = .outputs
  ) throws(NetworkError) {
    try self.init(
      for: network, inputShapes: inputShapes, observing: observing, with: .best)
  }

  init(
    for network: Network, inputShapes: [String: Shape] = [:],
    observing: ObservedValues = .outputs, with table: KernelTable
  ) throws(NetworkError) {
    let shapes = try network.shapes(for: inputShapes)
    let values = network.nodes.flatMap(\.outputs)
    for value in values where shapes[value]!.elementCount == 0 {  // every value has a shape
      throw NetworkError(layer: value, "expected at least one element, found \(shapes[value]!)")
    }
    let observed = try Self.observed(observing, in: network, values)

    var draft = PlanDraft(network, shapes: shapes, observed: observed)
    draft = RemovePassThrough.apply(to: draft)
    draft = FoldBatchNormalization.apply(to: draft)
    draft = FuseResidualAdd.apply(to: draft)
    draft = FuseActivation.apply(to: draft)
    let steps = try SelectKernels.apply(to: draft)
    let inputs = network.nodes.compactMap { node -> (name: String, value: String, shape: Shape)? in
      guard case .input = node.layer else { return nil }
      return (node.name, node.outputs[0], shapes[node.outputs[0]]!)
    }
    let memory = try PlanMemory(steps: steps, inputs: inputs.map { ($0.value, $0.shape) }) {
      draft.root(of: $0)
    }

    self.steps = steps
    self.table = table
    self.inputs = inputs.map { ($0.name, $0.shape) }
    inputValues = inputs.map(\.value)
    outputs = network.outputs
    arenaByteCount = memory.byteCount
    scratchByteCount = 4 * (steps.map(\.kernel.scratchCount).max() ?? 0)
    self.shapes = shapes.filter { observed.contains($0.key) }
    var offsets = memory.offsets
    for (view, root) in draft.views { offsets[view] = memory.offsets[root] }
    self.offsets = offsets

    var makers: [String: Int] = [:]
    for (index, step) in steps.enumerated() {
      for value in step.outputs { makers[value] = index + 1 }
    }
    var observedValues = [[String]](repeating: [], count: steps.count + 1)
    for value in values where observed.contains(value) {
      observedValues[makers[draft.root(of: value)] ?? 0].append(value)
    }
    self.observedValues = observedValues
    views = draft.views
  }

  /// The longest chain of float32 additions of the kernel that makes a value, `d` in the bound
  /// `(2 · √d + 3) · 2⁻²⁴ · (Σ|w||x| + |b|)`; nil for an input, and for a value that does not exist
  /// in this plan because its layer was merged into another.
  public func additionChain(of value: String) -> Int? {
    let root = views[value] ?? value
    return steps.first { $0.outputs.contains(root) }?.additionChain
  }

  private static func observed(
    _ observing: ObservedValues, in network: Network, _ values: [String]
  ) throws(NetworkError) -> Set<String> {
    switch observing {
    case .outputs: return Set(network.outputs)
    case .all: return Set(values)
    case .named(let names):
      if let unknown = names.subtracting(values).min() {
        throw NetworkError("the network has no value named \(unknown)")
      }
      return names.union(network.outputs)
    }
  }
}

extension ExecutionPlan: CustomStringConvertible {
  /// One line for each step, and the memory.
  public var description: String {
    let lines = steps.map(\.description)
    let memory =
      "\(arenaByteCount) bytes of values, \(scratchByteCount) bytes of scratch for each thread, "
      + "\(table.instructionSet.rawValue), OpenBLAS"
      + (MatrixProduct.processorName.map { " for \($0)" } ?? "")
    return (lines + [memory]).joined(separator: "\n")
  }
}
