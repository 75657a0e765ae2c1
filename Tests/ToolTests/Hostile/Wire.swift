import Foundation

/// Bytes of protobuf's wire format, right or wrong, put together without the toolkit's own writer.
struct Wire: Sendable {
  var bytes: [UInt8] = []

  /// A message from its fields.
  init(_ build: (inout Wire) -> Void = { _ in }) { build(&self) }

  /// Seven bits a byte, least significant first.
  static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  mutating func tag(_ number: UInt64, _ wireType: UInt64) {
    bytes += Self.varint(number << 3 | wireType)
  }

  mutating func field(_ number: UInt64, varint value: UInt64) {
    tag(number, 0)
    bytes += Self.varint(value)
  }

  mutating func field(_ number: UInt64, _ content: [UInt8]) {
    tag(number, 2)
    bytes += Self.varint(UInt64(content.count)) + content
  }

  mutating func field(_ number: UInt64, _ text: String) { field(number, Array(text.utf8)) }
}

/// The files of a network of one small convolution, whole or with one part exchanged.
enum SmallNet {
  static let definition = """
    name: "n"
    input: "data"
    input_shape { dim: 1 dim: 2 dim: 4 dim: 4 }
    layer {
      name: "conv" type: "Convolution" bottom: "data" top: "conv"
      convolution_param { num_output: 2 kernel_size: 3 }
    }

    """

  static let kernel = blob([2, 2, 3, 3], floats(36))
  static let bias = blob([2], floats(2))
  static let caffemodel = net([layer("conv", [kernel, bias])])

  /// Little-endian floats that count up from 1.
  static func floats(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { index in
      withUnsafeBytes(of: Float(index + 1).bitPattern.littleEndian, Array.init)
    }
  }

  /// A BlobProto; extents as 64 bits, so that any lie fits.
  static func blob(_ shape: [Int64], _ data: [UInt8]) -> [UInt8] {
    Wire {
      $0.field(7, Wire { $0.field(1, shape.flatMap { Wire.varint(UInt64(bitPattern: $0)) }) }.bytes)
      $0.field(5, data)
    }.bytes
  }

  /// A LayerParameter.
  static func layer(_ name: String, _ blobs: [[UInt8]]) -> [UInt8] {
    Wire {
      $0.field(1, name)
      for blob in blobs { $0.field(7, blob) }
    }.bytes
  }

  /// A NetParameter.
  static func net(_ layers: [[UInt8]]) -> [UInt8] {
    Wire { for layer in layers { $0.field(100, layer) } }.bytes
  }

  /// A caffemodel whose kernel has another shape or other bytes.
  static func caffemodel(kernel shape: [Int64], _ data: [UInt8] = floats(36)) -> [UInt8] {
    net([layer("conv", [blob(shape, data), bias])])
  }

  /// The definition with one text replaced.
  static func definition(replacing old: String, by new: String) -> String {
    precondition(definition.contains(old), "\(old) is not in the definition")
    return definition.replacingOccurrences(of: old, with: new)
  }
}

/// Files of Python's pickle, which is no format of these tools: no reader of it, nothing executed.
enum Pickle {
  /// `os.system("exit")`, protocol 0.
  static let call = Array("cos\nsystem\n(S'exit'\ntR.".utf8)
  /// Protocol 2, with the number that torch wrote before it wrote zip archives.
  static let legacy: [UInt8] =
    [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
}
