internal import Files
internal import JSON

// Calls of operators, in the ways that versions write them.
extension OperatorCall {
  /// Where arguments that a definition holds as values are told from those that layers make.
  private struct Reader {
    let place: String
    var values: [NamedReference] = []

    /// A value of a layer, `["conv1", 0, 0]`; nil for anything else.
    mutating func reference(_ json: JSON) throws(FormatError) -> Argument? {
      guard let parts = json.elements, 3...4 ~= parts.count, parts[0].text != nil,
        parts[1].wholeNumber != nil, parts[2].wholeNumber != nil
      else { return nil }
      values.append(try NamedReference(json, place))
      return .value(values.count - 1)
    }

    /// An argument as Keras 3 writes it.
    mutating func argument(_ json: JSON) throws(FormatError) -> Argument {
      if json["class_name"] == .string("__keras_tensor__"),
        let history = json["config"]?["keras_history"]
      {
        values.append(try NamedReference(history, place))
        return .value(values.count - 1)
      }
      guard let elements = json.elements else { return .constant(json) }
      var list: [Argument] = []
      for element in elements { list.append(try argument(element)) }
      return .list(list)
    }

    /// An argument by name as TensorFlow's layers write it.
    mutating func legacyArgument(_ json: JSON) throws(FormatError) -> Argument {
      if let value = try reference(json) { return value }
      guard let elements = json.elements else { return .constant(json) }
      var list: [Argument] = []
      for element in elements { list.append(try legacyArgument(element)) }
      return .list(list)
    }

    /// A constant in the place of a value: `["_CONSTANT_VALUE", -1, 2.0]`.
    mutating func first(_ parts: [JSON]) throws(FormatError) -> Argument {
      if parts.count > 2, parts[0].text == "_CONSTANT_VALUE" { return .constant(parts[2]) }
      return try reference(.array(Array(parts.prefix(3)))) ?? .constant(.array(parts))
    }
  }

  /// The call that an entry of `inbound_nodes` is, and the values it reads.
  static func read(
    _ json: JSON, config: JSON, _ operation: OperatorName, place: String
  ) throws(FormatError) -> (call: OperatorCall, values: [NamedReference]) {
    var reader = Reader(place: place)
    var call = OperatorCall()
    switch operation.dialect {
    case .keras: try call.readKeras(json, config: config, &reader)
    case .tensorFlow: try call.readTensorFlow(json, &reader)
    case .graph: try call.readGraph(json, config: config, &reader)
    }
    return (call, reader.values)
  }

  /// `{"args": […], "kwargs": {…}}`, and the settings of the operator.
  private mutating func readKeras(
    _ json: JSON, config: JSON, _ reader: inout Reader
  ) throws(FormatError) {
    for argument in json["args"]?.elements ?? [] {
      positional.append(try reader.argument(argument))
    }
    if case .object(let members)? = json["kwargs"] {
      for member in members {
        named.append((member.name, try reader.argument(member.value)))
      }
    }
    guard case .object(let members) = config else { return }
    named += members.map { ($0.name, .constant($0.value)) }
  }

  /// `["conv1", 0, 0, {"y": ["conv2", 0, 0]}]`, or a list of such for a list of values.
  private mutating func readTensorFlow(
    _ json: JSON, _ reader: inout Reader
  ) throws(FormatError) {
    let parts = json.elements ?? []
    let isLone = parts.first?.text != nil
    let entries = isLone ? [parts] : parts.map { $0.elements ?? [] }
    var list: [Argument] = []
    for entry in entries { list.append(try reader.first(entry)) }
    positional = isLone ? list : [.list(list)]
    guard case .object(let members)? = entries.first?.dropFirst(3).first else { return }
    for member in members {
      named.append((member.name, try reader.legacyArgument(member.value)))
    }
  }

  /// Values, between which the constants of the node have their numbers.
  private mutating func readGraph(
    _ json: JSON, config: JSON, _ reader: inout Reader
  ) throws(FormatError) {
    let parts = json.elements ?? []
    for entry in parts.first?.text != nil ? [json] : parts {
      positional.append(try reader.first(entry.elements ?? []))
    }
    if case .object(let constants)? = config["constants"] {
      let numbered = constants.compactMap { member in Int(member.name).map { ($0, member.value) } }
      for (index, value) in numbered.sorted(by: { $0.0 < $1.0 }) {
        positional.insert(.constant(value), at: min(max(index, 0), positional.count))
      }
    }
    guard case .object(let attributes)? = config["node_def"]?["attr"] else { return }
    for member in attributes {
      // One of a union: {"i": "7"}, {"b": true}, {"f": 0.2}, {"type": "DT_FLOAT"}.
      guard case .object(let union) = member.value, let value = union.first?.value else { continue }
      let number = value.text.flatMap { Int($0) }
      named.append((member.name, .constant(number.map { .integer($0) } ?? value)))
    }
  }
}
