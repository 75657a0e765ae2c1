internal import CHDF5

extension HDF5File {
  /// What was done to a chunk before it was stored.
  public enum Filter: Sendable, Equatable {
    /// The first bytes of all elements of so many bytes, then the second ones, and so on.
    case shuffle(elementByteCount: Int)
    /// zlib.
    case deflate
    /// A checksum at the end.
    case fletcher32
    /// The LZF of h5py.
    case lzf
    /// Any other filter, in words.
    case other(String)
  }
}

extension HDF5File.Filter {
  /// How much larger than its stored bytes deflate's output can be; LZF stays below.
  static let largestRatio = 1032

  /// Reads a filter from the properties of a dataset; nil if they are damaged.
  init?(number: UInt32, of creation: borrowing Handle) {
    var flags: UInt32 = 0
    var configuration: UInt32 = 0
    var values = [UInt32](repeating: 0, count: 16)
    var valueCount = values.count
    var name = [CChar](repeating: 0, count: 64)
    let id = H5Pget_filter2(
      creation.id, number, &flags, &valueCount, &values, name.count, &name, &configuration)
    guard id >= 0 else { return nil }
    switch id {
    case H5Z_FILTER_DEFLATE: self = .deflate
    case H5Z_FILTER_SHUFFLE: self = .shuffle(elementByteCount: Int(values[0]))
    case H5Z_FILTER_FLETCHER32: self = .fletcher32
    case 32000: self = .lzf  // registered with the HDF Group
    default:
      name[name.count - 1] = 0
      let text = String(
        decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      self = .other("filter \(id)\(text.isEmpty ? "" : " (\(text))")")
    }
  }
}
