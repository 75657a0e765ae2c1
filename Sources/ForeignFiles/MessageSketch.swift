internal import TensorCore

/// The first fields of what may be a protobuf message, whoever's it is: enough to tell its kind.
struct MessageSketch {
  /// What follows a field's tag.
  enum Value {
    case varint(UInt64)
    case fixed
    case bytes(Bytes)
  }

  /// As many fields as tell what a message is.
  private static let fieldLimit = 64

  private(set) var fields: [(number: Int, value: Value)] = []
  /// Whether the last field reaches past the end.
  private(set) var isCut = false

  /// Reads the first fields; nil if they are those of no message.
  init?(_ bytes: Bytes) {
    var position = 0
    while position < bytes.count, fields.count < Self.fieldLimit, !isCut {
      guard let tag = Self.varint(in: bytes, at: &position), 1..<1 << 29 ~= tag >> 3 else {
        return nil
      }
      let value: Value
      switch tag & 7 {
      case 0:
        guard let number = Self.varint(in: bytes, at: &position) else { return nil }
        value = .varint(number)
      case 1: (value, position) = (.fixed, position + 8)
      case 2:
        guard let length = Self.varint(in: bytes, at: &position) else { return nil }
        let rest = bytes.count - position
        isCut = length > UInt64(rest)
        let count = isCut ? rest : Int(length)
        value = .bytes(bytes.slice(from: position, count: count)!)  // inside
        position += count
      case 5: (value, position) = (.fixed, position + 4)
      default: return nil
      }
      fields.append((Int(tag >> 3), value))
    }
    guard !fields.isEmpty, position <= bytes.count else { return nil }
  }

  private static func varint(in bytes: Bytes, at position: inout Int) -> UInt64? {
    guard let run = bytes.slice(from: position, count: min(10, bytes.count - position))?.array
    else { return nil }
    var value: UInt64 = 0
    for (index, byte) in run.enumerated() {
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte & 0x80 == 0 {
        position += index + 1
        return value
      }
    }
    return nil
  }
}

extension MessageSketch {
  /// The value of the first field of a number.
  subscript(number: Int) -> Value? { fields.first { $0.number == number }?.value }

  /// The bytes of a field, by its place.
  func bytes(at index: Int, number: Int) -> Bytes? {
    guard index < fields.count, fields[index].number == number,
      case .bytes(let bytes) = fields[index].value
    else { return nil }
    return bytes
  }

  /// The integer of a field, by its place.
  func integer(at index: Int, number: Int) -> UInt64? {
    guard index < fields.count, fields[index].number == number,
      case .varint(let integer) = fields[index].value
    else { return nil }
    return integer
  }

  /// The bytes of every field of a number.
  func all(_ number: Int) -> [Bytes] {
    fields.compactMap {
      guard $0.number == number, case .bytes(let bytes) = $0.value else { return nil }
      return bytes
    }
  }

  /// Whether no field has another number.
  func has(only numbers: Set<Int>) -> Bool { fields.allSatisfy { numbers.contains($0.number) } }
}

extension Bytes {
  /// Short text that shows itself; nil for anything else.
  var plainText: String? {
    guard 1...256 ~= count, let text = String(validating: array, as: UTF8.self),
      !text.unicodeScalars.contains(where: { $0.value < 0x20 })
    else { return nil }
    return text
  }

  /// What programs call things: letters, digits and a few marks.
  var identifier: String? {
    guard let text = plainText,
      text.utf8.allSatisfy({
        0x61...0x7a ~= $0 || 0x41...0x5a ~= $0 || 0x30...0x39 ~= $0 || "_.>:/-".utf8.contains($0)
      })
    else { return nil }
    return text
  }
}
