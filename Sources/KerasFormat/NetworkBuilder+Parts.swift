internal import Files
internal import ModelGraph
internal import TensorCore

/// The parts of a value along an axis that layers read; Keras takes them one by one, the canonical
/// model cuts a value once.
struct Cut {
  /// Where in the list of layers the cut is.
  var node: Int
  /// The canonical axis.
  var axis: Int
  var extent: Int
  /// The parts in the order in which they were asked for.
  var parts: [(range: Range<Int>, value: String)] = []
}

/// A value that was made by joining others along an axis.
struct Joined {
  var axis: Int
  var parts: [KerasValue]
}

extension NetworkBuilder {
  /// Channels and the like that are treated one by one: more make no network that anybody reads.
  private static let partLimit = 64

  /// A part of a value along a canonical axis.
  mutating func part(
    _ range: Range<Int>, of value: KerasValue, along axis: Int, named name: String
  ) -> KerasValue {
    let extent = value.shape[axis]
    guard range != 0..<extent else { return value }
    if let known = joined[value.name]?.part(range, along: axis) { return known }
    let key = "\(axis) \(value.name)"
    var cut = cuts[key] ?? Cut(node: nodes.count, axis: axis, extent: extent)
    if cuts[key] == nil {
      let node = Self.unused("\(value.name)/parts", among: &nodeNames)
      nodes.append(
        Node(node, .slice(.init(axis: axis, points: nil)), inputs: [value.name], outputs: []))
    }
    var result = value
    result.shape = value.shape.replacing(axis, by: range.count)
    if let same = cut.parts.first(where: { $0.range == range }) {
      result.name = same.value
    } else {
      result.name = Self.unused(name, among: &valueNames)
      cut.parts.append((range, result.name))
    }
    cuts[key] = cut
    return result
  }

  /// Values joined along a canonical axis.
  mutating func join(
    _ parts: [KerasValue], along axis: Int, named name: String
  ) throws(FormatError) -> KerasValue {
    let result = try add(name, [Part(nil, .concatenation(.init(axis: axis)))], to: parts)
    joined[result.name] = Joined(axis: axis, parts: parts)
    return result
  }

  /// What `transform` makes of each element along an axis, joined again in the same order or in the
  /// opposite one.
  mutating func eachElement(
    of value: KerasValue, along axis: Int, of layer: KerasLayer, named name: String,
    reversed: Bool = false,
    _ transform: (inout NetworkBuilder, Int, KerasValue, String) throws(FormatError) -> KerasValue
  ) throws(FormatError) -> KerasValue {
    let count = value.shape[axis]
    guard count <= Self.partLimit else {
      throw layer.settings.fault(
        "expected at most \(Self.partLimit) channels to treat one by one, found \(count)")
    }
    var parts: [KerasValue] = []
    for index in 0..<count {
      let part = part(
        index..<index + 1, of: value, along: axis, named: "\(name)/channel\(index)/input")
      parts.append(try transform(&self, index, part, "\(name)/channel\(index)"))
    }
    return try join(reversed ? parts.reversed() : parts, along: axis, named: name)
  }

  /// Makes one layer of each value's parts, and leaves out what was joined for nothing.
  ///
  /// - Throws: `FormatError` where a part of a value is read by nobody: it would leave the network.
  mutating func settleParts(keeping outputs: [String]) throws(FormatError) {
    var reads: [String: Int] = [:]
    for name in outputs + nodes.flatMap(\.inputs) { reads[name, default: 0] += 1 }
    let byNode = Dictionary(uniqueKeysWithValues: cuts.values.map { ($0.node, $0) })
    var dropped: Set<Int> = []
    for (index, node) in nodes.enumerated().reversed() {
      let cut = byNode[index]
      guard cut != nil || joined[node.outputs[0]] != nil else { continue }
      let made = cut?.parts.map(\.value) ?? node.outputs
      guard made.allSatisfy({ reads[$0, default: 0] == 0 }) else { continue }
      dropped.insert(index)
      for name in node.inputs { reads[name]! -= 1 }  // counted above
    }
    var settled: [Node] = []
    for (index, node) in nodes.enumerated() where !dropped.contains(index) {
      guard let cut = byNode[index] else {
        settled.append(node)
        continue
      }
      settled += try pieces(
        of: node, cut, parts: cut.parts.filter { reads[$0.value, default: 0] > 0 })
    }
    nodes = settled
  }

  /// The layer that cuts a value at every place where a part begins or ends, and one that joins
  /// pieces for each part that is several.
  private mutating func pieces(
    of node: Node, _ cut: Cut, parts: [(range: Range<Int>, value: String)]
  ) throws(FormatError) -> [Node] {
    let edges = Set(
      parts.flatMap { [$0.range.lowerBound, $0.range.upperBound] } + [0, cut.extent]
    )
    .sorted()
    var names: [String] = []
    for (start, end) in zip(edges, edges.dropFirst()) {
      if let part = parts.first(where: { $0.range == start..<end }) {
        names.append(part.value)
      } else if parts.contains(where: { $0.range.contains(start) }) {
        names.append(Self.unused("\(node.inputs[0])/part\(names.count)", among: &valueNames))
      } else {
        throw FormatError(
          at: .object(parts[0].value),
          "only a part of \(node.inputs[0]) is read, which is not supported: nothing reads "
            + "\(start)..<\(end) of \(cut.extent)")
      }
    }
    var slice = node
    slice.layer = .slice(.init(axis: cut.axis, points: Array(edges.dropFirst().dropLast())))
    slice.outputs = names
    var nodes = [slice]
    for part in parts where !names.contains(part.value) {
      let pieces = zip(edges, names).filter { part.range.contains($0.0) }.map(\.1)
      let name = Self.unused(part.value, among: &nodeNames)
      nodes.append(
        Node(
          name, .concatenation(.init(axis: cut.axis)), inputs: pieces, outputs: [part.value]))
    }
    return nodes
  }
}

extension Joined {
  /// The value that is exactly this part; nil if none is.
  fileprivate func part(_ range: Range<Int>, along axis: Int) -> KerasValue? {
    guard axis == self.axis else { return nil }
    var start = 0
    for part in parts {
      if range == start..<start + part.shape[axis] { return part }
      start += part.shape[axis]
    }
    return nil
  }
}
