internal import TensorCore

/// The description of a group or a dataset: a list of messages with a checksum, version 2 of the
/// HDF5 File Format Specification 3.0, IV.A.1.b. It tells no time.
struct HeaderDraft {
  /// The messages used here; the specification's numbers.
  private enum Message: UInt8 {
    case dataspace = 0x01
    case linkInformation = 0x02
    case datatype = 0x03
    case fillValue = 0x05
    case link = 0x06
    case dataLayout = 0x08
    case groupInformation = 0x0a
    case attribute = 0x0c
    case attributeInformation = 0x15
  }

  /// The address of what does not exist.
  static let nowhere = UInt64.max
  /// Signature, version, flags, length of the messages; behind them the checksum.
  private static let prefixByteCount = 10
  private static let checksumByteCount = 4

  private var messages: [UInt8] = []

  /// The header of a group whose links and attributes are all here, in no index.
  ///
  /// - Parameters:
  ///   - members: names with the addresses of the headers they lead to.
  ///   - attributes: names with types, extents and elements.
  init(members: [(name: String, address: UInt64)], attributes: [EncodedAttribute]) {
    // Version 0, no creation order, no heap of links, no index of names.
    add(.linkInformation, [0, 0] + little(Self.nowhere) + little(Self.nowhere))
    add(.groupInformation, [0, 0])
    for (name, address) in members {
      let name = Array(name.utf8)
      // Version 1; the length of the name takes two bytes (1), a character set is given (16): UTF-8.
      add(.link, [1, 1 | 16, 1] + little(UInt16(name.count)) + name + little(address))
    }
    guard !attributes.isEmpty else { return }
    // Version 0, no creation order, no heap, no index: without this message the library sees none.
    add(.attributeInformation, [0, 0] + little(Self.nowhere) + little(Self.nowhere))
    for attribute in attributes { add(.attribute, attribute.bytes) }
  }

  /// The header of a dataset in one run.
  ///
  /// - Parameter address: where its elements begin.
  init(_ dataset: Tensor, address: UInt64) {
    add(.dataspace, Dataspace.simple(dataset.shape.dimensions))
    add(.datatype, Datatype.number(dataset.elementType))
    // Version 3; space is taken late, a fill value would be written if there were one.
    add(.fillValue, [3, 2 | 2 << 2])
    // Version 3, contiguous.
    let place = dataset.byteCount == 0 ? Self.nowhere : address
    add(.dataLayout, [3, 1] + little(place) + little(UInt64(dataset.byteCount)))
  }

  private mutating func add(_ message: Message, _ content: [UInt8]) {
    messages.append(message.rawValue)
    // Names and attributes were checked: a message has at most 65535 bytes.
    messages += little(UInt16(content.count))
    messages.append(0)
    messages += content
  }

  /// The bytes it takes, whatever the addresses are.
  var byteCount: Int { Self.prefixByteCount + messages.count + Self.checksumByteCount }

  /// The header as it stands in the file.
  var bytes: [UInt8] {
    // Version 2; the length of the messages takes four bytes (2).
    let bytes = Array("OHDR".utf8) + [2, 2] + little(UInt32(messages.count)) + messages
    return bytes + little(Lookup3.checksum(of: bytes))
  }
}

/// An attribute as a message, version 3.
struct EncodedAttribute {
  let bytes: [UInt8]

  /// An attribute of a name, with a type, extents and elements.
  init(_ name: String, type: [UInt8], dataspace: [UInt8], elements: [UInt8]) {
    let name = Array(name.utf8) + [0]
    let counts = [name.count, type.count, dataspace.count].flatMap { little(UInt16($0)) }
    // Version 3, nothing shared; the name's character set is UTF-8.
    bytes = [3, 0] + counts + [1] + name + type + dataspace + elements
  }
}

/// How many elements there are, version 2.
enum Dataspace {
  /// One element without extents.
  static let scalar: [UInt8] = [2, 0, 0, 0]

  /// Elements in an array that cannot grow.
  static func simple(_ extents: [Int]) -> [UInt8] {
    [2, UInt8(extents.count), 0, 1] + extents.flatMap { little(UInt64($0)) }
  }
}

/// What each element is, version 1.
enum Datatype {
  private enum Class {
    static let integer: UInt8 = 0x10
    static let number: UInt8 = 0x11
    static let string: UInt8 = 0x13
    static let variableLength: UInt8 = 0x19
  }

  /// IEEE 754 numbers, little-endian.
  static func number(_ type: ElementType) -> [UInt8] {
    let (exponent, fraction): (Int, Int) =
      switch type {
      case .float16: (5, 10)
      case .float32: (8, 23)
      case .float64: (11, 52)
      case .bfloat16: (8, 7)
      }
    let bits = 1 + exponent + fraction
    // The highest bit of the fraction is implied (2 << 4), the sign is the highest bit of all.
    return [Class.number, 2 << 4, UInt8(bits - 1), 0] + little(UInt32(bits / 8))
      + little(UInt16(0)) + little(UInt16(bits))
      + [UInt8(fraction), UInt8(exponent), 0, UInt8(fraction)]
      + little(UInt32(1 << (exponent - 1) - 1))
  }

  /// UTF-8 of so many bytes, filled up with NULs.
  static func string(byteCount: Int) -> [UInt8] {
    [Class.string, 1 | 1 << 4, 0, 0] + little(UInt32(byteCount))
  }

  /// UTF-8 of any length: its length, and its place in a heap.
  static let text: [UInt8] =
    // A string (1) ended by a NUL, its characters UTF-8; made of bytes.
    [Class.variableLength, 1, 1, 0] + little(UInt32(16)) + [Class.integer, 0, 0, 0]
    + little(UInt32(1)) + little(UInt16(0)) + little(UInt16(8))
}

/// The bytes of an integer, least significant first.
func little(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
