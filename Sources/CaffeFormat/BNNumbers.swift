internal import Protobuf

/// The numbers under which forks write the parameters of their layer BN, of which the schema has one
/// message for all.
///
/// BVLC's Caffe gave some of these numbers to other messages: they count in layers of this type only.
struct BNNumbers {
  /// What the schema calls `bn_param`.
  private static let schemaNumber: UInt32 = 20_152
  /// alexgkendall/caffe-segnet.
  private static let segNet: [UInt32: UInt32] = [1: 101, 2: 102, 3: 103]
  /// yangguorun/SegStereo.
  private static let segStereo: [UInt32: UInt32] = [
    1: 101, 2: 102, 3: 203, 4: 204, 5: 205, 6: 206, 7: 207, 11: 5, 12: 6, 13: 213,
  ]
  /// The numbers of the message in a layer, and those of its fields where the schema has others.
  private static let forks: [UInt32: [UInt32: UInt32]] = [
    45: segNet, 137: [:], 150: segStereo, 152: [:],
  ]

  /// By the numbers in the file; empty where they are those of the schema.
  private let renumbered: [UInt32: UInt32]

  /// The numbers of a message's own fields.
  ///
  /// - Parameter number: that of the message in its layer; nil for one that is no BNParameter.
  init(under number: UInt32? = nil) {
    renumbered = number.flatMap { BNNumbers.forks[$0] } ?? [:]
  }

  /// The number under which the schema has a field of the message.
  func schemaNumber(_ number: UInt32) -> UInt32 { renumbered[number] ?? number }

  /// The number under which the schema has a field of a layer of type BN; nil if it is not its
  /// parameters.
  static func ofLayer(_ field: WireField) -> UInt32? {
    guard forks[field.number] != nil, case .lengthPrefixed = field.value else { return nil }
    return schemaNumber
  }

  /// Whether a layer is of type BN.
  ///
  /// - Parameter layer: at the begin of a LayerParameter.
  static func belong(to layer: WireReader, in span: RawSpan) -> Bool {
    var reader = layer
    var isBN = false
    while let field = try? reader.next(in: span) {
      guard field.number == 2, case .lengthPrefixed(let range) = field.value else { continue }
      isBN = range.count == 2 && span.bytes(range) == Array("BN".utf8)
    }
    return isBN
  }
}
