/// The order in which Keras keeps the layers of a model, whatever the order of its configuration.
///
/// As `map_graph` in keras/src/ops/function.py and `_map_graph_network` in tf.keras: by the longest
/// way to an output, longest first; of equal ones the one first that a walk from the outputs to the
/// inputs meets first. Weights in files are counted in this order.
enum KerasOrder {
  /// The indices of layers in Keras' order.
  static func order(
    of layers: [LayerDraft], outputs: [LayerDraft.Reference]
  ) -> [Int] {
    var walk = Walk(layers)
    for output in outputs { walk.visit(output) }
    let depths = walk.depths()
    return layers.indices.filter { walk.firstVisits[$0] != nil }.sorted { left, right in
      guard depths[left] == depths[right] else { return depths[left] > depths[right] }
      return walk.firstVisits[left]! < walk.firstVisits[right]!  // as just filtered
    }
  }

  private struct Walk {
    let layers: [LayerDraft]
    /// When each layer was met for the first time.
    var firstVisits: [Int: Int] = [:]
    /// The calls, each behind those it reads.
    var finished: [LayerDraft.Reference] = []
    private var done: Set<LayerDraft.Reference> = []

    init(_ layers: [LayerDraft]) { self.layers = layers }

    /// Depth first, without recursion: some nets have thousands of layers in a row.
    mutating func visit(_ output: LayerDraft.Reference) {
      var stack: [(call: LayerDraft.Reference, next: Int)] = []
      enter(output, &stack)
      while let (call, next) = stack.last {
        let sources = layers[call.layer].calls[call.call]
        if next < sources.count {
          stack[stack.count - 1].next += 1
          enter(sources[next], &stack)
        } else {
          stack.removeLast()
          done.insert(call)
          finished.append(call)
        }
      }
    }

    private mutating func enter(
      _ call: LayerDraft.Reference, _ stack: inout [(call: LayerDraft.Reference, next: Int)]
    ) {
      guard !done.contains(call) else { return }
      if firstVisits[call.layer] == nil { firstVisits[call.layer] = firstVisits.count }
      stack.append((call, 0))
    }

    /// The longest way from each layer to an output.
    func depths() -> [Int] {
      var layerDepths = [Int](repeating: 0, count: layers.count)
      var callDepths: [LayerDraft.Reference: Int] = [:]
      for call in finished.reversed() {
        let depth = max(callDepths[call] ?? 0, layerDepths[call.layer])
        layerDepths[call.layer] = depth
        for source in layers[call.layer].calls[call.call] {
          callDepths[source] = max(callDepths[source] ?? 0, depth + 1)
        }
      }
      return layerDepths
    }
  }
}
