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
    guard isWhole else {
      throw node.fault(
        "\(node.op) is supported over all pixels of an image only, found the axes \(axes) of "
          + "\(input.onnxShape)")
    }
    let kind: Layer.PoolingKind = node.op == "ReduceMax" ? .maximum : .average
    let isSum = node.op == "ReduceSum"
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
}
