internal import Files
internal import Protobuf
internal import TensorCore

/// A caffemodel before it is written: what stands where.
struct CaffemodelLayout {
  /// A run of bytes of the file.
  enum Piece {
    /// Fields, lengths, names.
    case bytes([UInt8])
    /// The elements of a tensor.
    case elements(BlobDraft)
  }

  /// A tensor and where its elements begin.
  struct PlacedBlob {
    var name: String
    var blob: BlobDraft
    var byteOffset: Int
  }

  /// The field numbers of NetParameter, LayerParameter and BlobProto.
  private enum Field {
    static let name: UInt32 = 1
    static let layer: UInt32 = 100
    static let blobs: UInt32 = 7
    static let data: UInt32 = 5
    static let shape = "shape"
    static let doubleData: UInt32 = 8
  }

  private(set) var pieces: [Piece] = []
  private(set) var byteCount = 0
  /// The tensors in the order of the file.
  private(set) var blobs: [PlacedBlob] = []
  /// The NetParameter without its tensors.
  private(set) var definition: [UInt8] = []
}

extension CaffemodelLayout {
  /// Lays out a network: its name, then each layer with its tensors, fields in the order of their
  /// numbers, as protobuf writes them.
  ///
  /// - Throws: `FormatError` if the file would be larger than Caffe reads.
  init(name: String, layers: [LayerDraft]) throws(FormatError) {
    if !name.isEmpty {
      var head = WireWriter()
      head.field(Field.name, bytes: name.utf8)
      add(head.bytes)
      definition = head.bytes
    }
    for layer in layers { add(layer) }
    guard byteCount <= CaffeGraph.sizeLimit else {
      throw FormatError(
        .badModel,
        "expected a caffemodel of at most \(CaffeGraph.sizeLimit) bytes, as Caffe reads, "
          + "found \(byteCount)")
    }
  }

  private mutating func add(_ layer: LayerDraft) {
    let message = layer.message
    let head = message.bytes(of: 1...Field.blobs - 1)
    let tail = message.bytes(of: Field.blobs + 1...UInt32.max)
    let messages = layer.blobs.map(BlobMessage.init)
    let count = head.count + tail.count + messages.reduce(0) { $0 + $1.fieldByteCount }
    add(lengthPrefix(Field.layer, count) + head)
    for (index, message) in messages.enumerated() {
      add(message.head)
      let name = "\(layer.name)/blobs[\(index)]"
      blobs.append(PlacedBlob(name: name, blob: message.blob, byteOffset: byteCount))
      pieces.append(.elements(message.blob))
      byteCount += message.blob.byteCount
      add(message.tail)
    }
    add(tail)
    definition += lengthPrefix(Field.layer, head.count + tail.count) + head + tail
  }

  private mutating func add(_ bytes: [UInt8]) {
    byteCount += bytes.count
    guard case .bytes(var last) = pieces.last else {
      pieces.append(.bytes(bytes))
      return
    }
    pieces.removeLast()  // so that there is one owner, and appending copies nothing
    last += bytes
    pieces.append(.bytes(last))
  }

  /// A field `blobs` without the elements it holds.
  private struct BlobMessage {
    let blob: BlobDraft
    /// What stands before the elements, the field's own tag first.
    let head: [UInt8]
    /// What stands behind them.
    let tail: [UInt8]

    var fieldByteCount: Int { head.count + blob.byteCount + tail.count }

    init(_ blob: BlobDraft) {
      self.blob = blob
      var message = MessageBuilder(.blob)
      message.add(Field.shape, extents: blob.tensor.shape.dimensions)
      let shape = message.bytes()
      let inner: [UInt8]
      switch blob.tensor.elementType {
      case .float64:
        inner = shape + lengthPrefix(Field.doubleData, blob.byteCount)
        tail = []
      case .float16, .bfloat16, .float32:
        inner = lengthPrefix(Field.data, blob.byteCount)
        tail = shape
      }
      head = lengthPrefix(Field.blobs, inner.count + blob.byteCount + tail.count) + inner
    }
  }
}

/// The tag of a length-prefixed field and its length.
func lengthPrefix(_ field: UInt32, _ count: Int) -> [UInt8] {
  var writer = WireWriter()
  writer.varint(UInt64(field) << 3 | 2)
  writer.varint(UInt64(count))
  return writer.bytes
}
