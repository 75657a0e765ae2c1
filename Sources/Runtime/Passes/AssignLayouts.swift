internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Chooses a kernel for each operation and brings values into the layouts that kernels read.
///
/// Operations are taken in order; each takes the candidate that is fastest together with the moves
/// that it asks for, the first of equals. A value is moved to a layout once, for all its readers.
struct AssignLayouts {
  /// What is computed, in order.
  private(set) var steps: [Step] = []
  /// Values that are the memory of another.
  private(set) var views: [PlanValue: PlanValue] = [:]
  /// Where each observed value is shown.
  private(set) var places: [String: PlanValue] = [:]

  private let draft: PlanDraft
  private let options: SelectKernels
  /// The observed values that are shown in whatever layout they are made.
  private let inPlace: Set<String>
  private var variants: [String: [PlanValue]] = [:]  // by root
  private var observed: [String: [String]] = [:]  // by root

  /// - Parameter inPlace: the observed values that are shown in whatever layout they are made.
  /// - Throws: `NetworkError` for a layer larger than the kernels can count.
  init(
    _ draft: PlanDraft, with select: SelectKernels, inPlace: Set<String> = []
  ) throws(NetworkError) {
    self.draft = draft
    self.inPlace = inPlace
    options = select
    for name in draft.observed { observed[draft.root(of: name), default: []].append(name) }
    for operation in draft.operations {
      if case .input = operation.layer {
        made(PlanValue(name: operation.outputs[0], type: plain(operation.outputs[0])))
      } else {
        try add(operation)
      }
    }
  }

  private func plain(_ name: String) -> ValueType {
    ValueType(draft.shapes[name]!, .plain)  // every value has a shape
  }

  private mutating func add(_ operation: Operation) throws(NetworkError) {
    let candidates = try options.candidates(for: operation, in: draft)
    var best: (candidate: Candidate, cost: Double)?
    for candidate in candidates {
      let cost = zip(operation.inputs, candidate.inputs).reduce(candidate.totalEstimate) {
        $0 + movingCost($1.0, $1.1)
      }
      guard let least = best?.cost, least <= cost else {
        best = (candidate, cost)
        continue
      }
    }
    guard let candidate = best?.candidate else {
      preconditionFailure("\(operation.name): no kernel computes \(operation.layer.typeName)")
    }
    let inputs = zip(operation.inputs, candidate.inputs).map { obtain($0, $1) }
    let outputs = zip(operation.outputs, candidate.outputs).map {
      PlanValue(name: draft.root(of: $0), type: $1)
    }
    let products = try multiplyAccumulates(operation)
    let last = candidate.preparations.count
    var source = inputs.first
    for (index, stage) in candidate.preparations.enumerated() {
      let value = PlanValue(
        name: draft.unusedName("\(operation.name)/\(stage.suffix)"),
        type: ValueType([stage.count], .plain))
      steps.append(
        Step(
          name: operation.name, fusedLayers: [], inputs: source.map { [$0] } ?? [],
          outputs: [value],
          multiplyAccumulates: candidate.multiplyingStage == index ? products : 0,
          estimate: stage.estimate, kernel: stage.kernel))
      source = value
    }
    steps.append(
      Step(
        name: operation.name, fusedLayers: operation.fusedLayers,
        inputs: (source.map { [$0] } ?? []) + inputs.dropFirst(), outputs: outputs,
        multiplyAccumulates: candidate.multiplyingStage ?? last == last ? products : 0,
        estimate: max(candidate.estimate, options.costs.streaming(inputs + outputs)),
        kernel: candidate.kernel))
    for output in outputs { made(output) }
  }

  /// A value has its memory now; who observes it, or a view of it, sees it at once.
  private mutating func made(_ value: PlanValue) {
    variants[value.name, default: []].append(value)
    for name in observed[value.name] ?? [] {
      // A view of another shape has other channels.
      let isInPlace = inPlace.contains(name) && value.type.shape == draft.shapes[name]
      places[name] = isInPlace ? value : obtain(name, plain(name))
    }
  }

  /// A value of the network as a kernel reads it.
  private mutating func obtain(_ name: String, _ type: ValueType) -> PlanValue {
    let root = draft.root(of: name)
    let wanted = PlanValue(name: root, type: type)
    let known = variants[root] ?? []
    if known.contains(wanted) { return wanted }
    if let source = known.first(where: { $0.type.hasSamePlaces(as: type) }) {
      views[wanted] = views[source] ?? source
      variants[root]?.append(wanted)
      return wanted
    }
    guard let blocked = known.first(where: { $0.type.layout == .blocked }), type.layout == .plain
    else {
      let plain = obtain(name, ValueType(type.shape, .plain))
      move(plain, to: wanted)
      return wanted
    }
    move(blocked, to: PlanValue(name: root, type: ValueType(blocked.type.shape, .plain)))
    return obtain(name, type)
  }

  private mutating func move(_ source: PlanValue, to target: PlanValue) {
    let type = source.type
    let reorder = Reorder(
      target: target.type.layout, batch: type.shape[0], channels: type.shape[1],
      pixels: type.pixels)
    steps.append(
      Step(
        name: source.name, fusedLayers: [], inputs: [source], outputs: [target],
        multiplyAccumulates: 0, estimate: options.costs.moving(type), kernel: reorder))
    variants[target.name]?.append(target)
  }

  /// What `obtain` would take, in nanoseconds.
  private func movingCost(_ name: String, _ type: ValueType) -> Double {
    let known = variants[draft.root(of: name)] ?? []
    if known.contains(where: { $0.type.hasSamePlaces(as: type) }) { return 0 }
    return options.costs.moving(type)
  }

  /// - Throws: `NetworkError` where the products are too many to count.
  private func multiplyAccumulates(_ operation: Operation) throws(NetworkError) -> Int {
    let depth: Int
    switch operation.layer {
    case .convolution(let layer): depth = layer.kernel.shape.elementCount(from: 1)
    case .fullyConnected(let layer): depth = layer.kernel.shape[1]
    default: return 0
    }
    let shape = draft.shapes[operation.outputs[0]]!
    let (products, overflow) = shape.elementCount.multipliedReportingOverflow(by: depth)
    guard !overflow else {
      throw NetworkError(
        layer: operation.name, "the products for \(shape) are too many to count")
    }
    return products
  }
}

extension PlanDraft {
  /// A name like `name` that no value of the network has.
  fileprivate func unusedName(_ name: String) -> String {
    shapes[name] == nil ? name : unusedName(name + "'")
  }
}
