internal import Files
internal import JSON
internal import TensorCore

/// The arguments of one call of an operator.
struct OperatorArguments {
  let layer: KerasLayer
  let call: OperatorCall
  /// The values that the call reads.
  let values: [KerasValue]

  /// The only value of the call.
  ///
  /// - Throws: `FormatError` unless there is one, with a batch.
  func value() throws(FormatError) -> KerasValue {
    guard values.count == 1, values[0].shape.rank >= 2 else {
      throw layer.settings.fault(
        "expected 1 value for \(layer.operation?.name ?? ""), found \(values.count)")
    }
    return values[0]
  }

  /// The values of a list.
  func list() throws(FormatError) -> [KerasValue] {
    var list: [KerasValue] = []
    for element in call[0, ["xs", "x", "values", "inputs"]]?.elements ?? [] {
      guard case .value(let index) = element else {
        throw layer.settings.fault("expected values only, found a constant among them")
      }
      list.append(values[index])
    }
    // The nodes of a graph list their values without brackets.
    if layer.operation?.dialect == .graph { list = values }
    guard !list.isEmpty else { throw layer.settings.fault("expected values, found none") }
    return list
  }

  /// What an argument holds, if it is a constant.
  private func json(_ place: Int?, _ names: [String]) -> JSON? { call[place, names]?.constant }

  /// The numbers of a constant.
  func constant(_ argument: OperatorCall.Argument) throws(FormatError) -> Constant {
    guard let json = argument.constant, let constant = Constant(json) else {
      throw layer.settings.fault("expected numbers for an operand, found something else")
    }
    return constant
  }

  func number(_ place: Int?, _ names: String...) throws(FormatError) -> Double? {
    guard let argument = call[place, names] else { return nil }
    guard let number = try constant(argument).number else {
      throw layer.settings.fault("expected a number for \(names[0]), found several")
    }
    return number
  }

  func text(_ place: Int?, _ names: String...) -> String? { json(place, names)?.text }

  func bool(_ names: String...) -> Bool { json(nil, names) == .bool(true) }

  func integers(_ place: Int?, _ names: String...) throws(FormatError) -> [Int]? {
    try integers(place, names)
  }

  private func integers(_ place: Int?, _ names: [String]) throws(FormatError) -> [Int]? {
    guard let argument = call[place, names] else { return nil }
    let constant = try constant(argument)
    let integers = constant.values.compactMap { Int(exactly: $0) }
    guard integers.count == constant.values.count, constant.shape.count <= 2 else {
      throw layer.settings.fault("expected integers for \(names[0]), found other numbers")
    }
    return integers
  }

  /// Axes of a value in Keras, in order; nil where the call names none.
  func axes(
    _ place: Int?, of value: KerasValue, _ names: String...
  ) throws(FormatError) -> [Int]? {
    let rank = value.kerasShape.rank
    guard let axes = try integers(place, names) else { return nil }
    let counted = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
    guard counted.count == axes.count, counted.allSatisfy({ 0..<rank ~= $0 }) else {
      throw layer.settings.fault("expected axes of \(value.kerasShape), found \(axes)")
    }
    return counted.sorted()
  }
}
