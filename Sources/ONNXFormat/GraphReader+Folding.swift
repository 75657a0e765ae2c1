internal import Files
internal import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

// What is known when the graph is read: shapes, bounds, weights that are rearranged.
extension GraphReader {
  /// As many elements as a constant may have that is computed here.
  private static let limit = 1 << 26

  /// Computes the node if all it reads is known.
  ///
  /// - Returns: whether it was computed.
  mutating func foldIfKnown() throws(FormatError) -> Bool {
    var constants: [Constant?] = []
    for index in node.inputs.indices {
      guard hasInput(index) else {
        constants.append(nil)
        continue
      }
      guard case .constant(let constant) = try operand(index) else { return false }
      constants.append(constant)
    }
    guard let result = try folded(constants) else {
      guard !node.inputs.isEmpty else { throw node.fault("expected inputs, found none") }
      throw node.fault("\(node.op) of constants is not supported")
    }
    make(.constant(result))
    return true
  }

  private mutating func folded(_ inputs: [Constant?]) throws(FormatError) -> Constant? {
    if node.op == "Constant" { return try literal() }
    guard let first = inputs.first ?? nil else { return nil }
    switch node.op {
    case "Identity", "Dropout":
      attributes.ignore("ratio", "seed", "is_test")
      return first
    case "Cast": return try cast(first)
    case "Shape": return Constant(try shapeSlice(first.shape.dimensions))
    case "Size": return Constant(.integers([first.shape.elementCount]), [])
    case "ConstantOfShape":
      guard let extents = first.integers else { return nil }
      let value = try attributes.tensor("value").map { (tensor) throws(FormatError) in
        try tensors.constant(tensor)
      }
      let fill = value ?? Constant(computed: Tensor([1], [Float(0)]))
      return fill.reshaped(to: [1]).broadcast(to: try shape(extents))
    case "Reshape":
      guard let target = try attributes.ints("shape") ?? inputs.dropFirst().first??.integers else {
        return nil
      }
      _ = try attributes.int("allowzero")
      let known = target.enumerated().map { axis, extent in
        extent == 0 && axis < first.shape.rank ? first.shape[axis] : extent
      }
      let rest = Shape(checking: known.filter { $0 != -1 })?.elementCount ?? 0
      let extents = known.map { $0 == -1 && rest > 0 ? first.shape.elementCount / rest : $0 }
      let shape = try shape(extents)
      guard shape.elementCount == first.shape.elementCount else {
        throw node.fault("expected a shape for \(first.shape), found \(target)")
      }
      return first.reshaped(to: shape)
    case "Flatten":
      let axis = try axis(try attributes.int("axis") ?? 1, of: first.shape.rank + 1)
      return first.reshaped(
        to: [first.shape.elementCount(before: axis), first.shape.elementCount(from: axis)])
    case "Transpose":
      let axes = try axes(
        try attributes.ints("perm") ?? Array((0..<first.shape.rank).reversed()),
        of: first.shape.rank)
      guard axes.count == first.shape.rank else { return nil }
      return first.permuted(axes)
    case "Squeeze":
      let list = try attributes.ints("axes") ?? inputs.dropFirst().first??.integers
      var axes = first.shape.dimensions.indices.filter { first.shape[$0] == 1 }
      if let list { axes = try self.axes(list, of: first.shape.rank) }
      let rest = first.shape.dimensions.indices.filter { !axes.contains($0) }
      let shape = Shape(rest.map { first.shape[$0] })
      guard shape.elementCount == first.shape.elementCount else { return nil }
      return first.reshaped(to: shape)
    case "Unsqueeze":
      guard let list = try attributes.ints("axes") ?? inputs.dropFirst().first??.integers else {
        return nil
      }
      let rank = first.shape.rank + list.count
      let places = try axes(list, of: rank)
      var rest = first.shape.dimensions[...]
      return first.reshaped(
        to: Shape((0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() }))
    case "Concat": return try joined(inputs.compactMap { $0 })
    case "Slice": return try sliced(first, inputs)
    case "Gather": return try gathered(first, inputs.dropFirst().first ?? nil)
    case "Expand":
      guard let target = inputs.dropFirst().first??.integers,
        let whole = Shape(broadcasting: first.shape, try shape(target))
      else { return nil }
      return first.broadcast(to: whole)
    case "Range":
      guard inputs.count == 3, let ends = Optional(inputs.compactMap { $0?.integers?.first }),
        ends.count == 3, ends[2] != 0, abs((ends[1] - ends[0]) / ends[2]) < 1 << 20
      else { return nil }
      return Constant(Array(stride(from: ends[0], to: ends[1], by: ends[2])))
    case "Where":
      guard inputs.count == 3, let condition = first.integers, let a = inputs[1], let b = inputs[2],
        let ab = Shape(broadcasting: a.shape, b.shape),
        let whole = Shape(broadcasting: ab, first.shape)
      else { return nil }
      let places = Constant.places(of: first.shape, in: whole)
      if let a = a.broadcast(to: whole).integers, let b = b.broadcast(to: whole).integers {
        return Constant(
          .integers(places.indices.map { condition[places[$0]] != 0 ? a[$0] : b[$0] }), whole)
      }
      guard let a = a.broadcast(to: whole).tensor?.doubles,
        let b = b.broadcast(to: whole).tensor?.doubles
      else { return nil }
      return Constant(
        computed: .exact(whole, places.indices.map { condition[places[$0]] != 0 ? a[$0] : b[$0] }))
    case "Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Equal":
      guard inputs.count == 2, let second = inputs[1] else { return nil }
      attributes.ignore("axis", "broadcast", "consumed_inputs")
      return try arithmetic(first, second)
    case "Neg", "Abs", "Sqrt", "Reciprocal", "Exp", "Log", "Floor", "Ceil": return try unary(first)
    default: return nil
    }
  }

  /// Questions about values whose answers are known: their shapes.
  mutating func readShapeQuestion() throws(FormatError) {
    switch node.op {
    case "Shape": make(.constant(Constant(try shapeSlice(try value().onnxShape.dimensions))))
    case "Size": make(.constant(Constant(.integers([try value().shape.elementCount]), [])))
    case "Cast":
      let type = try attributes.int("to") ?? ONNXType.float
      attributes.ignore("saturate", "round_mode")
      guard ONNXType.elementType(type) != nil else {
        throw node.fault("a computed value as \(ONNXType.name(type)) is not supported")
      }
      if type != ONNXType.float, type != ONNXType.double {
        note("values are not rounded to \(ONNXType.name(type)) as \(node.place) asks")
      }
      make(.value(try value()))
    default: throw node.fault("\(node.op) of computed values is not supported")
    }
  }

  private func shape(_ extents: [Int]) throws(FormatError) -> Shape {
    guard let shape = Shape(checking: extents), shape.elementCount <= Self.limit, extents.count <= 8
    else {
      throw node.fault(
        "expected a shape of at most \(Self.limit) elements, found \(extents.prefix(9))")
    }
    return shape
  }

  private mutating func shapeSlice(_ dimensions: [Int]) throws(FormatError) -> [Int] {
    let rank = dimensions.count
    func place(_ index: Int) -> Int { min(max(index < 0 ? index + rank : index, 0), rank) }
    let start = place(try attributes.int("start") ?? 0)
    let end = place(try attributes.int("end") ?? rank)
    return start < end ? Array(dimensions[start..<end]) : []
  }

  /// The value of a node Constant.
  private mutating func literal() throws(FormatError) -> Constant? {
    if let tensor = try attributes.tensor("value") {
      var constant = try tensors.constant(tensor)
      // A tensor in a node is named after the value.
      if constant.source == nil, case .numbers(let numbers) = constant.elements,
        case .raw(let range) = tensor.elements
      {
        constant.source = Ledger.Entry(
          source: name, file: tensors.file.name, byteOffset: range.lowerBound,
          elementType: numbers.elementType, shape: numbers.shape, target: "")
      }
      return constant
    }
    if let number = try attributes.float("value_float") {
      return Constant(computed: Tensor([], [Float(number)]))
    }
    if let numbers = try attributes.floats("value_floats") {
      return Constant(computed: Tensor([numbers.count], numbers.map { Float($0) }))
    }
    if let number = try attributes.int("value_int") { return Constant(.integers([number]), []) }
    if let numbers = try attributes.ints("value_ints") { return Constant(numbers) }
    throw node.fault("expected a value of numbers, found another one")
  }

  private mutating func cast(_ constant: Constant) throws(FormatError) -> Constant? {
    attributes.ignore("saturate", "round_mode")
    let type = try attributes.int("to") ?? ONNXType.float
    if let element = ONNXType.elementType(type) {
      switch constant.elements {
      case .numbers(let tensor):
        // Wider is exact; narrower is kept as it was before.
        if element.byteCount < tensor.elementType.byteCount {
          note("weights are not rounded to \(ONNXType.name(type)) as \(node.place) asks")
        }
        return constant
      case .integers(let list):
        return Constant(computed: .exact(constant.shape, list.map { Double($0) }))
      case .other: return nil
      }
    }
    guard [ONNXType.int64, ONNXType.int32, ONNXType.bool].contains(type) else { return nil }
    let isBool = type == ONNXType.bool
    switch constant.elements {
    case .integers(let list):
      return Constant(.integers(isBool ? list.map { $0 != 0 ? 1 : 0 } : list), constant.shape)
    case .numbers(let tensor):
      let numbers = tensor.doubles
      guard numbers.allSatisfy({ abs($0) < 0x1p62 }) else { return nil }
      return Constant(
        .integers(numbers.map { isBool ? ($0 != 0 ? 1 : 0) : Int($0) }), constant.shape)
    case .other: return nil
    }
  }

  private mutating func joined(_ parts: [Constant]) throws(FormatError) -> Constant? {
    let rank = parts[0].shape.rank
    guard rank > 0, parts.allSatisfy({ $0.shape.rank == rank }) else { return nil }
    let axis = try axis(try attributes.int("axis") ?? 1, of: rank)
    var extents = parts[0].shape.dimensions
    extents[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    guard
      parts.allSatisfy({ $0.shape.replacing(axis, by: 0) == parts[0].shape.replacing(axis, by: 0) })
    else { return nil }
    let whole = try shape(extents)
    func join<Element>(_ lists: [[Element]]) -> [Element] {
      var result: [Element] = []
      for outer in 0..<whole.elementCount(before: axis) {
        for (part, list) in zip(parts, lists) {
          let run = part.shape.elementCount(from: axis)
          result += list[outer * run..<(outer + 1) * run]
        }
      }
      return result
    }
    let integers = parts.compactMap(\.integers)
    if integers.count == parts.count { return Constant(.integers(join(integers)), whole) }
    let tensors = parts.compactMap(\.tensor)
    guard tensors.count == parts.count else { return nil }
    return Constant(computed: .exact(whole, join(tensors.map(\.doubles))))
  }

  private mutating func sliced(
    _ whole: Constant, _ inputs: [Constant?]
  ) throws(FormatError) -> Constant? {
    func list(_ name: String, _ input: Int) throws(FormatError) -> [Int]? {
      if let list = try attributes.ints(name) { return list }
      return input < inputs.count ? inputs[input]?.integers : nil
    }
    guard let starts = try list("starts", 1), let ends = try list("ends", 2) else { return nil }
    let axes = try axes(try list("axes", 3) ?? Array(starts.indices), of: whole.shape.rank)
    let steps = try list("steps", 4) ?? axes.map { _ in 1 }
    guard [starts.count, ends.count, steps.count].allSatisfy({ $0 == axes.count }) else {
      return nil
    }
    var result = whole
    for (index, axis) in axes.enumerated() {
      let extent = result.shape[axis]
      let step = steps[index]
      guard step != 0, step != .min else { return nil }
      func place(_ index: Int, _ low: Int, _ high: Int) -> Int {
        let shifted = index < 0 ? max(index, -extent - 1) + extent : index
        return min(max(shifted, low), high)
      }
      let picked =
        step > 0
        ? Array(
          stride(from: place(starts[index], 0, extent), to: place(ends[index], 0, extent), by: step)
        )
        : Array(
          stride(
            from: place(starts[index], -1, extent - 1),
            to: ends[index] < -extent ? -1 : place(ends[index], -1, extent - 1), by: step))
      guard let part = picking(picked, of: result, axis) else { return nil }
      result = part
    }
    return result
  }

  private mutating func gathered(
    _ whole: Constant, _ places: Constant?
  ) throws(FormatError) -> Constant? {
    let axis = try axis(try attributes.int("axis") ?? 0, of: max(whole.shape.rank, 1))
    guard let places, let list = places.integers, whole.shape.rank > 0 else { return nil }
    let extent = whole.shape[axis]
    guard list.allSatisfy({ (-extent..<extent).contains($0) }) else {
      throw node.fault("expected places below \(extent), found \(list.prefix(9))")
    }
    guard let picked = picking(list.map { $0 < 0 ? $0 + extent : $0 }, of: whole, axis) else {
      return nil
    }
    let extents = whole.shape.dimensions
    return picked.reshaped(
      to: try shape(extents[..<axis] + places.shape.dimensions + extents[(axis + 1)...]))
  }

  /// Some of the elements along an axis.
  private func picking(_ places: [Int], of whole: Constant, _ axis: Int) -> Constant? {
    let shape = whole.shape.replacing(axis, by: places.count)
    let (extent, inner) = (whole.shape[axis], whole.shape.elementCount(from: axis + 1))
    func pick<Element>(_ list: [Element]) -> [Element] {
      var result: [Element] = []
      for outer in 0..<whole.shape.elementCount(before: axis) {
        for place in places {
          let start = (outer * extent + place) * inner
          result += list[start..<start + inner]
        }
      }
      return result
    }
    switch whole.elements {
    case .integers(let list): return Constant(.integers(pick(list)), shape)
    case .numbers(let tensor): return Constant(computed: .like(tensor, shape, pick(tensor.doubles)))
    case .other: return nil
    }
  }

  private func arithmetic(_ a: Constant, _ b: Constant) throws(FormatError) -> Constant? {
    guard let whole = Shape(broadcasting: a.shape, b.shape), whole.elementCount <= Self.limit else {
      throw node.fault("expected operands that fit each other, found \(a.shape) and \(b.shape)")
    }
    if let x = a.broadcast(to: whole).integers, let y = b.broadcast(to: whole).integers {
      var list: [Int] = []
      for (x, y) in zip(x, y) {
        let result: (partialValue: Int, overflow: Bool)
        switch node.op {
        case "Add": result = x.addingReportingOverflow(y)
        case "Sub": result = x.subtractingReportingOverflow(y)
        case "Mul": result = x.multipliedReportingOverflow(by: y)
        case "Div": result = x.dividedReportingOverflow(by: y)
        case "Max": result = (max(x, y), false)
        case "Min": result = (min(x, y), false)
        case "Equal": result = (x == y ? 1 : 0, false)
        default: return nil
        }
        guard !result.overflow else { throw node.fault("\(x) and \(y) have no \(node.op)") }
        list.append(result.partialValue)
      }
      return Constant(.integers(list), whole)
    }
    guard let p = a.tensor, let x = a.broadcast(to: whole).doubles,
      let q = b.tensor, let y = b.broadcast(to: whole).doubles
    else { return nil }
    let pairs = zip(x, y)
    let numbers: [Double]
    switch node.op {
    case "Add": numbers = pairs.map { $0 + $1 }
    case "Sub": numbers = pairs.map { $0 - $1 }
    case "Mul": numbers = pairs.map { $0 * $1 }
    case "Div": numbers = pairs.map { $0 / $1 }
    case "Max": numbers = pairs.map { max($0, $1) }
    case "Min": numbers = pairs.map { min($0, $1) }
    case "Pow": numbers = pairs.map { pow($0, $1) }
    case "Equal": return Constant(.integers(pairs.map { $0 == $1 ? 1 : 0 }), whole)
    default: return nil
    }
    return Constant(computed: .like(p.elementType == .float64 ? p : q, whole, numbers))
  }

  private func unary(_ constant: Constant) throws(FormatError) -> Constant? {
    if let list = constant.integers {
      switch node.op {
      case "Neg": return Constant(.integers(list.map { 0 &- $0 }), constant.shape)
      case "Abs": return Constant(.integers(list.map { $0 < 0 ? 0 &- $0 : $0 }), constant.shape)
      default: return nil
      }
    }
    guard let tensor = constant.tensor else { return nil }
    let function: (Double) -> Double
    switch node.op {
    case "Neg": function = { -$0 }
    case "Abs": function = { abs($0) }
    case "Sqrt": function = { $0.squareRoot() }
    case "Reciprocal": function = { 1 / $0 }
    case "Exp": function = { exp($0) }
    case "Log": function = { log($0) }
    case "Floor": function = { $0.rounded(.down) }
    default: function = { $0.rounded(.up) }
    }
    return Constant(computed: .like(tensor, tensor.shape, tensor.doubles.map(function)))
  }
}
