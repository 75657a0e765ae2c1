internal import CHDF5
internal import HDF5

extension HDF5File.Filter {
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
