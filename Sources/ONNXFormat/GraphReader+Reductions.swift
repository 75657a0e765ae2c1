internal import Files
internal import ModelGraph
internal import TensorCore

// Means, sums and maxima over all pixels.
extension GraphReader {
  mutating func readReduction() throws(FormatError) {
    let input = try value()
    let rank = input.rank
    let list = try listed("axes") ?? []
    let isIdentity = try attributes.flag("noop_with_empty_axes") && list.isEmpty
    let keepsAxes = try attributes.flag("keepdims", true)
    guard !isIdentity else { return make(.value(input)) }
    let axes = try list.isEmpty ? Array(0..<rank) : axes(list, of: rank)
    let canonical = Set(axes.map { input.canonicalAxis($0) })
    let isWhole =
      input.shape.rank == 4 && (canonical == [2, 3] || canonical == [3] && input.layout == .line)
    let kind: Layer.PoolingKind = node.op == "ReduceMax" ? .maximum : .average
    let isSum = node.op == "ReduceSum"
    guard isWhole else {
      return make(.value(try reduce(input, axes, kind, isSum: isSum, keepsAxes: keepsAxes)))
    }
    var result = try addElementwise(
      .globalPooling(.init(kind: kind)), to: input, part: isSum || !keepsAxes ? "pooled" : nil)
    if isSum {
      let count = Double(input.shape.elementCount(from: 2))
      result = try addElementwise(
        .power(.init(scale: count)), to: result, part: keepsAxes ? nil : "sum")
    }
    guard !keepsAxes else { return make(.value(result)) }
    result.layout = .plain
    make(.value(try add(.flatten(.init()), to: [result])))
  }

  /// A reduction over other axes than all pixels: they become the pixels of an image.
  private mutating func reduce(
    _ input: Value, _ axes: [Int], _ kind: Layer.PoolingKind, isSum: Bool, keepsAxes: Bool
  ) throws(FormatError) -> Value {
    let plain = try inOrder(input)
    let shape = plain.shape
    guard !axes.contains(0), shape.rank > 1 else {
      throw node.fault("\(node.op) over the batch is not supported: the axes \(axes) of \(shape)")
    }
    let kept = shape.dimensions.indices.filter { !axes.contains($0) }
    let reduced = axes.sorted()
    let order = kept + reduced
    let moved =
      order == Array(shape.dimensions.indices)
      ? plain : try add(.permutation(.init(axes: order)), to: [plain], part: "moved")
    let (channels, count) = (
      kept.dropFirst().reduce(1) { $0 * shape[$1] }, reduced.reduce(1) { $0 * shape[$1] }
    )
    let image = try add(
      .reshape(.init(extents: [channels, count, 1], axis: 1)), to: [moved], part: "image")
    var result = try add(.globalPooling(.init(kind: kind)), to: [image], part: "pooled")
    if isSum {
      result = try add(.power(.init(scale: Double(count))), to: [result], part: "sum")
    }
    let extents =
      keepsAxes
      ? shape.dimensions.indices.map { axes.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
    return try add(
      .reshape(.init(extents: Array(extents.dropFirst()), axis: 1)), to: [result])
  }
}
