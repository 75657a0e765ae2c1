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
/// hidden by it. The bits of the results do not depend on the number of threads, and those for one
/// image not on the number of images.
public struct ExecutionPlan: Sendable {
  /// How it is run.
  public let options: ExecutionOptions
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
  let kernels: BlockedKernels
  let weights: PackedWeights
  /// The values of `inputs`.
  let inputValues: [PlanValue]
  /// Where each value begins in the arena, in bytes.
  let offsets: [PlanValue: Int]
  /// Where each observed value is shown.
  let places: [String: PlanValue]
  /// The observed values by the step that makes them; the first are those the caller provides.
  let observedValues: [[String]]
  /// The values that are the memory of another.
  let views: [PlanValue: PlanValue]
  /// By value of the network: the value whose memory has its elements.
  private let roots: [String: String]

  /// The bytes of the packed weights.
  public var weightByteCount: Int { weights.byteCount }

  /// Plans a network.
  ///
  /// - Parameters:
  ///   - inputShapes: shapes of inputs by name, instead of those of the definition: any batch and
  ///     any image size that the layers accept.
  ///   - observing: the values that `ExecutionContext.run` will show; the more, the less is merged.
  ///   - options: how it is run.
  /// - Throws: `NetworkError` where a layer does not fit its input, a name is no value of the
  ///   network, a value is empty or too large, or the processor lacks the instruction set.
  public init(
    for network: Network, inputShapes: [String: Shape] = [:],
    observing: ObservedValues = .outputs, options: ExecutionOptions = ExecutionOptions()
  ) throws(NetworkError) {
    try self.init(
      for: network, inputShapes: inputShapes, observing: observing, options: options,
      sharingWith: nil)
  }

  /// - Parameter other: a plan for the same network whose weights are taken where they are the same.
  init(
    for network: Network, inputShapes: [String: Shape], observing: ObservedValues,
    options: ExecutionOptions, sharingWith other: ExecutionPlan?
  ) throws(NetworkError) {
    guard let table = KernelTable(options.instructionSet),
      let kernels = BlockedKernels(options.instructionSet)
    else {
      throw NetworkError(
        "this processor does not run \(options.instructionSet.rawValue), only "
          + InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue).joined(separator: ", "))
    }
    let shapes = try network.shapes(for: inputShapes)
    let values = network.nodes.flatMap(\.outputs)
    for value in values { try Self.check(shapes[value]!, value) }  // every value has a shape
    let observed = try Self.observed(observing, in: network, values)

    var draft = PlanDraft(network, shapes: shapes, observed: observed)
    draft = RemovePassThrough.apply(to: draft)
    draft = FoldBatchNormalization.apply(to: draft)
    draft = FuseResidualAdd.apply(to: draft)
    draft = FuseActivation.apply(to: draft)
    let assigned = try AssignLayouts(
      draft, with: SelectKernels(options, kernels, for: draft),
      inPlace: options.showsInPlace ? observed.subtracting(network.outputs) : [])
    let steps = assigned.steps
    let inputs = network.nodes.compactMap { node -> (name: String, value: PlanValue)? in
      guard case .input = node.layer else { return nil }
      let value = node.outputs[0]
      return (node.name, PlanValue(name: value, type: ValueType(shapes[value]!, .plain)))
    }
    let memory = try PlanMemory(steps: steps, inputs: inputs.map(\.value)) {
      assigned.views[$0] ?? $0
    }

    self.options = options
    self.steps = steps
    self.table = table
    self.kernels = kernels
    let weights = PackedWeights(steps)
    self.weights =
      if let other, other.weights.agrees(with: weights) { other.weights } else { weights }
    self.inputs = inputs.map { ($0.name, $0.value.type.shape) }
    inputValues = inputs.map(\.value)
    outputs = network.outputs
    arenaByteCount = memory.byteCount
    scratchByteCount = 4 * (steps.map(\.kernel.scratchCount).max() ?? 0)
    self.shapes = shapes.filter { observed.contains($0.key) }
    var offsets = memory.offsets
    for (view, root) in assigned.views { offsets[view] = memory.offsets[root] }
    self.offsets = offsets
    places = assigned.places
    views = assigned.views
    roots = draft.views

    var makers: [PlanValue: Int] = [:]
    for (index, step) in steps.enumerated() {
      for value in step.outputs { makers[value] = index + 1 }
    }
    var observedValues = [[String]](repeating: [], count: steps.count + 1)
    for value in values where observed.contains(value) {
      let place = assigned.places[value]!  // each observed value has one
      observedValues[makers[assigned.views[place] ?? place] ?? 0].append(value)
    }
    self.observedValues = observedValues
  }

  /// The step that computes a value: not one that only moves it to another layout.
  private func maker(of value: String) -> Step? {
    let root = roots[value] ?? value
    return steps.first { $0.outputs.contains { $0.name == root } }
  }

  /// The longest chain of float32 additions of the kernel that makes a value, `d` in the bound
  /// `(2 · √d + 3) · 2⁻²⁴ · (Σ|w||x| + |b|)`; nil for an input, and for a value that does not exist
  /// in this plan because its layer was merged into another.
  public func additionChain(of value: String) -> Int? { maker(of: value)?.additionChain }

  /// Outputs of a tile of Winograd's along each side where that makes a value; nil where its kernel
  /// adds term by term.
  public func winogradTile(of value: String) -> Int? { maker(of: value)?.winogradTile }

  /// How long one thread takes for a step at least, in nanoseconds: its arithmetic, or its bytes
  /// from where they lie, on a processor of the kind that the table of costs was measured on.
  public func limit(of step: Step) -> Double {
    CostTable(options.instructionSet).limit(step)
  }

  /// Refuses values without elements, and those that cannot be counted when blocks fill them up.
  private static func check(_ shape: Shape, _ value: String) throws(NetworkError) {
    guard shape.elementCount > 0 else {
      throw NetworkError(layer: value, "expected at least one element, found \(shape)")
    }
    guard shape.elementCount <= Int.max / 4096 else {
      throw NetworkError(layer: value, "the values of the network are too large for memory")
    }
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
    let memory =
      "\(arenaByteCount) bytes of values, \(weightByteCount) of weights, \(scratchByteCount) of "
      + "scratch for each thread, \(options.instructionSet.rawValue)"
    return (steps.map(\.description) + [memory]).joined(separator: "\n")
  }
}
