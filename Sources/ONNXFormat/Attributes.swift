internal import Files

/// The attributes of a node, by name; those that nobody reads are refused in the end.
struct Attributes {
  private let node: ONNXNode
  private var values: [String: ONNXAttribute.Value] = [:]
  private var asked: Set<String> = []

  /// - Throws: `FormatError` for two of one name.
  init(of node: ONNXNode) throws(FormatError) {
    self.node = node
    for attribute in node.attributes {
      guard values.updateValue(attribute.value, forKey: attribute.name) == nil else {
        throw node.fault("expected one attribute \(attribute.name), found two")
      }
    }
  }

  /// Whether it is given.
  func has(_ name: String) -> Bool { values[name] != nil }

  mutating func int(_ name: String) throws(FormatError) -> Int? {
    guard let value = take(name) else { return nil }
    guard case .int(let number) = value else { throw fault(name, "an integer") }
    return number
  }

  mutating func flag(_ name: String, _ missing: Bool = false) throws(FormatError) -> Bool {
    try int(name).map { $0 != 0 } ?? missing
  }

  /// A float; an integer where an exporter wrote one.
  mutating func float(_ name: String) throws(FormatError) -> Double? {
    guard let value = take(name) else { return nil }
    switch value {
    case .float(let number): return Double(number)
    case .int(let number): return Double(number)
    default: throw fault(name, "a float")
    }
  }

  mutating func ints(_ name: String) throws(FormatError) -> [Int]? {
    guard let value = take(name) else { return nil }
    guard case .ints(let numbers) = value else { throw fault(name, "integers") }
    return numbers
  }

  mutating func floats(_ name: String) throws(FormatError) -> [Double]? {
    guard let value = take(name) else { return nil }
    guard case .floats(let numbers) = value else { throw fault(name, "floats") }
    return numbers.map { Double($0) }
  }

  mutating func string(_ name: String) throws(FormatError) -> String? {
    guard let value = take(name) else { return nil }
    guard case .string(let text) = value else { throw fault(name, "a text") }
    return text
  }

  mutating func tensor(_ name: String) throws(FormatError) -> ONNXTensor? {
    guard let value = take(name) else { return nil }
    guard case .tensor(let tensor) = value else { throw fault(name, "a tensor") }
    return tensor
  }

  /// Leaves attributes out that do not change what the operator computes.
  mutating func ignore(_ names: String...) { asked.formUnion(names) }

  /// Refuses attributes that were not read: they may change the result.
  func requireAllRead() throws(FormatError) {
    guard let name = values.keys.filter({ !asked.contains($0) }).min() else { return }
    throw node.fault("the attribute \(name.printable()) of \(node.op) is not supported")
  }

  private mutating func take(_ name: String) -> ONNXAttribute.Value? {
    asked.insert(name)
    return values[name]
  }

  private func fault(_ name: String, _ expected: String) -> FormatError {
    node.fault("expected \(expected) for the attribute \(name)")
  }
}

extension ONNXNode {
  /// An error about the node.
  func fault(_ reason: String) -> FormatError {
    FormatError(at: .object(place), reason)
  }
}
