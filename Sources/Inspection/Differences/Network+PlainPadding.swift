internal import ModelGraph

extension Network {
  /// The network with padding of channels where a writer turned images round to pad them: axes in
  /// another order, zeros around what is an image then, and the axes back.
  var withPlainPadding: Network {
    var readers: [String: [Node]] = [:]
    for node in nodes {
      for value in node.inputs { readers[value, default: []].append(node) }
    }
    var replaced: [String: Node] = [:]
    var dropped: Set<String> = []
    for node in nodes {
      guard case .permutation(let turned) = node.layer,
        let padding = readers[node.outputs[0]]?.only, case .zeroPadding(let zeros) = padding.layer,
        let back = readers[padding.outputs[0]]?.only, case .permutation(let other) = back.layer,
        let layer = zeros.behind(turned.axes, before: other.axes)
      else { continue }
      dropped.formUnion([node.name, back.name])
      replaced[padding.name] = Node(
        padding.name, .zeroPadding(layer), inputs: node.inputs, outputs: back.outputs)
    }
    guard !dropped.isEmpty else { return self }
    let kept = nodes.filter { !dropped.contains($0.name) }.map { replaced[$0.name] ?? $0 }
    return (try? Network(name: name, nodes: kept)) ?? self
  }
}

extension Layer.ZeroPadding {
  /// What it is between axes in an order and their return; nil where they do not return.
  fileprivate func behind(_ axes: [Int], before back: [Int]) -> Layer.ZeroPadding? {
    guard axes.count == 4, back.count == 4, channelsBefore == 0, channelsAfter == 0,
      back.map({ axes[$0] }) == [0, 1, 2, 3]
    else { return nil }
    // Zeros before and after each axis of the image as it was.
    var zeros = [Int: (before: Int, after: Int)]()
    zeros[axes[2]] = (spatial.top, spatial.bottom)
    zeros[axes[3]] = (spatial.left, spatial.right)
    guard (zeros[0] ?? (0, 0)) == (0, 0) else { return nil }
    let (channels, rows, columns) = (zeros[1] ?? (0, 0), zeros[2] ?? (0, 0), zeros[3] ?? (0, 0))
    return Layer.ZeroPadding(
      spatial: Padding(
        top: rows.before, left: columns.before, bottom: rows.after, right: columns.after),
      channelsBefore: channels.before, channelsAfter: channels.after, value: value)
  }
}

extension [Node] {
  /// The only one.
  fileprivate var only: Node? { count == 1 ? self[0] : nil }
}
