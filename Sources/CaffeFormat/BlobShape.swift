internal import CModelSchemas
internal import Protobuf

/// The extents of a BlobShape.
func extents(_ shape: UnsafeMutablePointer<Caffe__BlobShape>) -> [Int] {
  numbers(shape.pointee.dim, shape.pointee.n_dim)
}

extension MessageBuilder {
  /// Adds a BlobShape, its extents packed as the schema has them.
  mutating func add(_ name: String, extents: [Int]) {
    var packed = WireWriter()
    for extent in extents { packed.varint(UInt64(bitPattern: Int64(extent))) }
    var shape = WireWriter()
    if !extents.isEmpty { shape.field(1, bytes: packed.bytes) }
    add(name) { $0.field($1, bytes: shape.bytes) }
  }
}
