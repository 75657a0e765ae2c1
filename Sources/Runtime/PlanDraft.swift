internal import Kernels
internal import ModelGraph
internal import TensorCore

/// A network on its way to a plan: what the passes rewrite.
struct PlanDraft: Sendable {
  /// What is to be computed, in an order in which each value is made before it is read.
  var operations: [Operation]
  /// Values that are the memory of another value under another name or shape.
  var views: [String: String] = [:]
  /// The shape of every value of the network.
  let shapes: [String: Shape]
  /// The values somebody will ask for: no pass may hide them.
  private(set) var observed: Set<String>

  /// The draft that computes each layer as it stands.
  init(_ network: Network, shapes: [String: Shape], observed: Set<String>) {
    operations = network.nodes.map(Operation.init)
    self.shapes = shapes
    self.observed = observed
  }

  /// Lets readers of `value` read `source`, whose elements it has.
  mutating func makeView(_ value: String, of source: String) {
    let root = root(of: source)
    views[value] = root
    // Who asks for the view asks for the memory it shows.
    if observed.contains(value) { observed.insert(root) }
  }

  /// The value whose memory holds `value`.
  func root(of value: String) -> String { views[value] ?? value }

  /// The draft with operations merged into those that make their inputs.
  ///
  /// The merged operation stands where the later one stood.
  /// - Parameter merge: both as one, or nil; offered for each input, the latest first, that nobody
  ///   else reads and nobody observes.
  func merging(_ merge: (_ source: Operation, _ next: Operation) -> Operation?) -> PlanDraft {
    var readCounts: [String: Int] = [:]
    for value in operations.flatMap(\.inputs) { readCounts[root(of: value), default: 0] += 1 }
    var merged: [Operation?] = []
    var makers: [String: Int] = [:]  // by value: where in `merged` it is made
    for operation in operations {
      var result = operation
      let places = operation.inputs.compactMap { value in
        readCounts[value] == 1 && !observed.contains(value) ? makers[value] : nil
      }
      for place in places.sorted(by: >) {
        // Each place is the only maker of a value that nobody else reads: it is still there.
        guard var both = merge(merged[place]!, operation) else { continue }
        both.outputs = operation.outputs
        both.fusedLayers += [operation.name] + operation.fusedLayers
        merged[place] = nil
        result = both
        break
      }
      for value in result.outputs { makers[value] = merged.count }
      merged.append(result)
    }
    var draft = self
    draft.operations = merged.compactMap { $0 }
    return draft
  }
}

/// One layer with what passes have merged into it.
struct Operation: Sendable {
  /// The layer's name.
  let name: String
  /// What it computes before the rest.
  var layer: Layer
  /// The values it reads; with `addsLastInput` the last one is the addend.
  var inputs: [String]
  /// The values it makes.
  var outputs: [String]
  /// Whether the last input is added to the result of the layer.
  var addsLastInput = false
  /// What happens to the result in the end.
  var activation = Activation.none
  /// What happens to each channel of the result, the layer's own bias included: what was folded.
  var folded: ChannelAffine?
  /// The names of the layers merged into it, in order.
  var fusedLayers: [String] = []

  init(_ node: Node) {
    name = node.name
    layer = node.layer
    inputs = node.inputs
    outputs = node.outputs
  }
}
