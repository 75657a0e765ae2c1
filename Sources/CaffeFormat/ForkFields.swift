internal import Protobuf

/// The fields that NVIDIA's fork adds to one of Caffe's messages.
///
/// Other forks gave some of these numbers to fields of their own: one of another wire type is theirs
/// and is left out like any unknown field.
struct ForkFields {
  /// What the schema adds to the numbers of LayerParameter that BVLC gave to messages later.
  private static let renumbering: UInt32 = 20_000

  private static let byMessage: [String: Set<UInt32>] = [
    "BlobProto": Set(10...13),
    "NetParameter": Set(11...20),
    "LayerParameter": [149, 150, 20145, 20146, 20147, 20148],
    "ConvolutionParameter": [19, 20],
    "BatchNormParameter": [5, 6, 7, 15],
    "ELUParameter": [2],
    "PoolingParameter": [40],
    "DropoutParameter": [2, 3],
    "TransformationParameter": Set(8...23),
    "DataParameter": [11, 12, 13, 14, 16],
    "ImageDataParameter": Set(13...17),
    "LossParameter": [4],
  ]

  private let numbers: Set<UInt32>
  private let isLayer: Bool
  /// Whether these fields tell who wrote a file, because no other fork is known to have them.
  let areTelling: Bool

  /// The fields of a message.
  init(of message: MessageSchema) {
    let name = message.name
    numbers = ForkFields.byMessage[name] ?? []
    isLayer = name == "LayerParameter"
    areTelling =
      isLayer || ["NetParameter", "ConvolutionParameter", "BatchNormParameter"].contains(name)
  }

  /// Whether a field, by the schema's number, is the fork's.
  func contains(_ number: UInt32) -> Bool { numbers.contains(number) }

  /// The number under which the schema has a field of a file.
  func schemaNumber(of field: WireField) -> UInt32 {
    guard isLayer, 145...148 ~= field.number, case .varint = field.value else {
      return field.number
    }
    return field.number + ForkFields.renumbering
  }
}
