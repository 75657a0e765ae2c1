import Files
import JSON
import TensorCore

extension FuzzTarget {
  static func readJSON(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let text = try accepted { () throws(FormatError) in try JSONText(parsing: bytes) }
    let json = try accepted { () throws(FormatError) in try JSON(parsing: bytes) }
    try require((text == nil) == (json == nil), "both readers accept the same texts")
    guard let text, let json else { return false }
    try text.withRoot { (root) throws(Contradiction) in try compare(root, json) }
    for rewritten in [json.text(), json.prettyText()] {
      let copy = try accepted { () throws(FormatError) in
        try JSON(parsing: Bytes(Array(rewritten.utf8)))
      }
      try require(copy == json, "a text is the same once it was written and read")
    }
    return true
  }

  /// Compares what the reader in place says of a value with the value.
  private static func compare(_ text: JSONText.Value, _ json: JSON) throws(Contradiction) {
    try require(text.kind == json.kind, "the kind of \(json.text())")
    try require(
      text.number?.bitPattern == json.number?.bitPattern, "the number \(json.text())")
    switch json {
    case .null: try require(!text.isArray && !text.isObject && text.string == nil, "null")
    case .bool(let value): try require(text.bool == value, "\(value)")
    case .integer(let value): try require(text.integer == value, "\(value)")
    case .double: try require(text.integer == nil, "no integer")
    case .string(let value):
      try require(text.string == value && text.isString(value), "the string \(json.text())")
    case .array(let values):
      let elements = Array(text.elements)
      try require(text.isArray && elements.count == values.count, "the length of an array")
      for (element, value) in zip(elements, values) { try compare(element, value) }
    case .object(let members):
      let found = Array(text.members)
      try require(text.isObject && found.count == members.count, "the length of an object")
      for (member, expected) in zip(found, members) {
        try require(
          member.name.string == expected.name && text[expected.name] != nil, "a member's name")
        try compare(member.value, expected.value)
      }
    }
  }
}
