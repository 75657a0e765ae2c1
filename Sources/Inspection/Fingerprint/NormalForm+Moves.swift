internal import ModelGraph
internal import TensorCore

// What only moves elements: crops, slices, zeros around images and channels, subsampling.
extension NormalForm {
  /// Adds a choice of elements along axes, −1 standing for a zero.
  mutating func append(move lists: [Int: [Int]], of index: Int) -> Int {
    var (source, lists) = (index, lists)
    if case .move(let base, let before) = self[index].form {
      source = base
      lists = before.merging(lists) { first, second in second.map { $0 < 0 ? -1 : first[$0] } }
    }
    let term = self[source]
    lists = lists.filter { axis, list in !list.elementsEqual(0..<term.extent(axis)) }
    guard !lists.isEmpty else { return source }
    if case .pooling(let base, var pooling) = term.form,
      lists.allSatisfy({ axis, list in (2...3).contains(axis) && !list.contains(-1) })
    {
      if let rows = lists[2] { pooling.rows.choose(rows) }
      if let columns = lists[3] { pooling.columns.choose(columns) }
      return append(pooling, of: base)
    }
    let axes = lists.keys.sorted()
    var extents = term.extents
    extents += Array(repeating: 1, count: max(0, axes.last! + 1 - extents.count))
    for axis in axes { extents[axis] = lists[axis]!.count }
    return append(
      "move " + axes.map { "\($0)=\(lists[$0]!.list)" }.joined(separator: " "), [source],
      extents: extents, isNonNegative: term.isNonNegative, form: .move(of: source, lists))
  }

  mutating func slices(of index: Int, _ layer: Layer.Slice, _ node: Node) -> [Int] {
    var start = 0
    return node.outputs.map { value in
      let end = start + shapes[value]![layer.axis]
      defer { start = end }
      return append(move: [layer.axis: Array(start..<end)], of: index)
    }
  }

  mutating func append(
    _ layer: Layer.ZeroPadding, to index: Int, from shape: Shape
  ) -> Int {
    let (space, channels) = (layer.spatial, [layer.channelsBefore, layer.channelsAfter])
    guard layer.value == 0 else {
      return append(
        "padding value=\(layer.value.bits32) "
          + "spatial=\([space.top, space.left, space.bottom, space.right].list) "
          + "channels=\(channels.list)", [index],
        extents: [
          shape[0], shape[1] + channels[0] + channels[1], shape[2] + space.top + space.bottom,
          shape[3] + space.left + space.right,
        ], isNonNegative: self[index].isNonNegative && layer.value.rounded32 >= 0)
    }
    func list(_ extent: Int, _ before: Int, _ after: Int) -> [Int] {
      (-before..<extent + after).map { 0..<extent ~= $0 ? $0 : -1 }
    }
    return append(
      move: [
        1: list(shape[1], channels[0], channels[1]), 2: list(shape[2], space.top, space.bottom),
        3: list(shape[3], space.left, space.right),
      ], of: index)
  }

  mutating func append(reshape extents: [Int], of index: Int) -> Int {
    let base = reshaped(index)
    let extents = extents.withoutTrailingOnes
    guard extents != self[base].extents else { return base }
    return append(
      "reshape shape=\(extents.list)", [base], extents: extents,
      isNonNegative: self[base].isNonNegative, form: .reshape(of: base))
  }

  /// The term whose elements are there under other extents; the term itself for any other.
  func reshaped(_ index: Int) -> Int {
    if case .reshape(let source) = self[index].form { source } else { index }
  }

  /// Adds axes in another order: `axes[i]` of the term becomes axis i.
  mutating func append(permutation axes: [Int], of index: Int) -> Int {
    let term = self[index]
    switch term.form {
    case .permutation(let base, let first) where first.count == axes.count:
      return append(permutation: axes.map { first[$0] }, of: base)
    case .move(let base, let lists) where lists.keys.allSatisfy(axes.contains):
      // Moves go last, so that those on both sides of a permutation meet.
      let places = axes.enumerated().compactMap { place, axis in lists[axis].map { (place, $0) } }
      return append(
        move: Dictionary(uniqueKeysWithValues: places),
        of: append(permutation: axes, of: base))
    case .permutation, .move, .affine, .reshape, .pooling, .other: break
    }
    let extents = axes.map { term.extent($0) }
    let moved = axes.filter { term.extent($0) != 1 }
    // Axes of one element may go anywhere.
    if moved == moved.sorted() { return append(reshape: extents, of: index) }
    return append(
      "permutation axes=\(axes.list)", [index], extents: extents,
      isNonNegative: term.isNonNegative, form: .permutation(of: index, axes))
  }
}
