internal import Files
internal import ModelGraph
internal import TensorCore

// What is known when the graph is read: shapes, bounds, weights that are rearranged.
extension GraphReader {
  /// As many elements as a constant may have that is computed here.
  static let limit = 1 << 24
  /// As many as one may have that is a single number repeated: a gigabyte.
  private static let filledLimit = 1 << 28

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
      return try filled(extents, with: fill.reshaped(to: [1]))
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
      try requireSmall(whole.elementCount)
      return first.broadcast(to: whole)
    case "Range":
      guard inputs.count == 3, let ends = Optional(inputs.compactMap { $0?.integers?.first }),
        ends.count == 3, ends.allSatisfy({ $0.magnitude < 1 << 40 }), ends[2] != 0,
        abs((ends[1] - ends[0]) / ends[2]) < 1 << 20
      else { return nil }
      return Constant(Array(stride(from: ends[0], to: ends[1], by: ends[2])))
    case "Where":
      guard inputs.count == 3, let condition = first.integers, let a = inputs[1], let b = inputs[2],
        let ab = Shape(broadcasting: a.shape, b.shape),
        let whole = Shape(broadcasting: ab, first.shape)
      else { return nil }
      try requireSmall(whole.elementCount)
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
      guard ONNXType.elementType(type) != nil, type != ONNXType.bfloat16 else {
        throw node.fault("a computed value as \(ONNXType.name(type)) is not supported")
      }
      if type != ONNXType.float, type != ONNXType.double {
        note("values are not rounded to \(ONNXType.name(type)) as \(node.place) asks")
      }
      make(.value(try value()))
    default: throw node.fault("\(node.op) of computed values is not supported")
    }
  }

  /// A value or a constant of the type of another operand, which is floating point.
  mutating func readCastLike() throws(FormatError) {
    attributes.ignore("saturate", "round_mode")
    if case .constant(let like) = try operand(1), like.tensor == nil {
      throw node.fault("\(node.op) with integers is not supported")
    }
    var isHalf = false
    if case .constant(let like) = try operand(1) { isHalf = like.tensor?.elementType == .bfloat16 }
    switch try operand(0) {
    case .value where isHalf:
      throw node.fault("a computed value as BFLOAT16 is not supported")
    case .value(let value): make(.value(value))
    case .constant(let constant):
      switch constant.elements {
      case .numbers: make(.constant(constant))
      case .integers(let list):
        make(
          .constant(Constant(computed: .exact(constant.shape, list.map { Double($0) }))))
      case .other(let type): throw node.fault("\(node.op) of \(type) is not supported")
      }
    }
  }

  /// Refuses to compute more elements than a graph of a kilobyte may ask for.
  func requireSmall(_ count: Int) throws(FormatError) {
    guard count <= Self.limit else {
      throw node.fault("expected at most \(Self.limit) elements to compute, found \(count)")
    }
  }

  func shape(_ extents: [Int]) throws(FormatError) -> Shape {
    guard let shape = Shape(checking: extents), shape.elementCount <= Self.limit, extents.count <= 8
    else {
      throw node.fault(
        "expected a shape of at most \(Self.limit) elements, found \(extents.prefix(9))")
    }
    return shape
  }

  /// One number under a large shape is deferred: weights of zeros take no memory here.
  private func filled(_ extents: [Int], with fill: Constant) throws(FormatError) -> Constant {
    guard let shape = Shape(checking: extents), extents.count <= 8,
      shape.elementCount <= Self.filledLimit
    else {
      throw node.fault(
        "expected a shape of at most \(Self.filledLimit) elements, found \(extents.prefix(9))")
    }
    guard shape.elementCount > 1 << 20, case .numbers(let number) = fill.elements else {
      return fill.broadcast(to: try self.shape(extents))
    }
    let value = Float(number.doubles[0])
    let byteCount = 4 * shape.elementCount
    guard byteCount <= Memory.available / 2 else {
      throw FormatError(
        .outOfMemory, at: .object(node.place),
        "needs \(byteCount) bytes of memory for \(shape), \(Memory.available) are available")
    }
    let tensor = Tensor(deferred: shape, sameNumbersAs: Tensor([1], [value])) {
      Tensor(shape) { $0.update(repeating: value) }
    }
    return Constant(computed: tensor!)  // counted above
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
        constant.source = StoredTensor(
          file: tensors.file.name, object: name, byteOffset: range.lowerBound,
          elementType: numbers.elementType, shape: numbers.shape)
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

}
