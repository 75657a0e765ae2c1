internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

/// The weights that layers name by role, each an index into the table of tensors.
///
/// The table has the tensors in the order in which they are first used, named after that use: an
/// index is one that was used before or the next one.
struct WeightFields {
  private let entries: [TensorEntry]
  private let tensors: [Tensor]
  private var usedCount = 0
  private var fields: JSONFields?

  /// No layer yet.
  init(entries: [TensorEntry], tensors: [Tensor]) {
    self.entries = entries
    self.tensors = tensors
  }

  /// Goes on to the weights of a layer.
  mutating func begin(_ value: JSONText.Value, of layer: String) throws(FormatError) {
    fields = try JSONFields(value, in: layer)
  }

  /// A weight that may be absent.
  mutating func optional(_ role: Layer.WeightRole) throws(FormatError) -> Tensor? {
    guard let value = fields?.optional(role.rawValue), let fields else { return nil }
    return try tensor(value, named: "\(fields.place)/\(role.rawValue)", in: fields)
  }

  /// A weight that must be there.
  mutating func required(_ role: Layer.WeightRole) throws(FormatError) -> Tensor {
    guard let tensor = try optional(role) else {
      throw FormatError(
        at: fields.map { .object($0.place) }, "the weight \(role.rawValue) is missing")
    }
    return tensor
  }

  /// Refuses weights the layer does not have.
  func finish(allowingUnknown: Bool) throws(FormatError) {
    try fields?.finish(allowingUnknown: allowingUnknown)
  }

  /// The tensor of an index; `name` is its name if this is its first use.
  mutating func tensor(
    _ value: JSONText.Value, named name: String, in fields: JSONFields
  ) throws(FormatError) -> Tensor {
    guard let index = value.integer, tensors.indices.contains(index), index <= usedCount else {
      throw fields.fault(
        "expected tensor \(usedCount) or an earlier one, found \(value.json.text())")
    }
    if index == usedCount {
      guard entries[index].name == name else {
        throw FormatError(at: .object(entries[index].name), "expected the name \(name)")
      }
      usedCount += 1
    }
    return tensors[index]
  }

  /// Refuses a tensor that nobody uses.
  func checkAllUsed() throws(FormatError) {
    guard usedCount == entries.count else {
      throw FormatError(at: .object(entries[usedCount].name), "no layer uses this tensor")
    }
  }
}
