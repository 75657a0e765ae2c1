internal import CHDF5
internal import Files
internal import HDF5
internal import TensorCore

extension HDF5File.Dataset {
  /// Describes an open dataset; its elements are not read.
  ///
  /// - Throws: `FormatError` with the dataset's path.
  init(
    _ dataset: borrowing OpenObject, of file: OpenFile, at path: String
  ) throws(FormatError) {
    let id = dataset.handle.id
    guard let creation = Handle(H5Dget_create_plist(id), closedBy: H5Pclose) else {
      throw Library.fault("a sound dataset", at: path)
    }
    let layout = H5Pget_layout(creation.id)
    guard layout != H5D_VIRTUAL else {
      // Its extents may be those of datasets in other files, which the library would open.
      self.init(
        path: path, shape: [0], elements: .other("virtual"), storage: .virtual,
        headerOffset: try file.offset(of: dataset.address, path: path))
      return
    }
    guard let type = Handle(H5Dget_type(id), closedBy: H5Tclose),
      let space = Handle(H5Dget_space(id), closedBy: H5Sclose)
    else { throw Library.fault("a sound dataset", at: path) }
    let shape = try Self.shape(of: space, at: path)
    self.init(
      path: path, shape: shape,
      elements: H5Sget_simple_extent_type(space.id) == H5S_NULL
        ? .other("nothing") : HDF5File.Elements(type),
      storage: try Self.storage(
        of: id, layout, creation, type, shape, at: path, in: file),
      headerOffset: try file.offset(of: dataset.address, path: path))
  }

  private static func shape(
    of space: borrowing Handle, at path: String
  ) throws(FormatError) -> Shape {
    let rank = H5Sget_simple_extent_ndims(space.id)
    guard rank >= 0 else { throw Library.fault("a sound dataset", at: path) }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    guard H5Sget_simple_extent_dims(space.id, &extents, nil) == rank else {
      throw Library.fault("a sound dataset", at: path)
    }
    guard let shape = Shape(checking: extents.map { Int(clamping: $0) }) else {
      throw FormatError(
        at: .object(path), "expected extents that can be multiplied, found \(extents)")
    }
    return shape
  }

  private static func storage(
    of dataset: hid_t, _ layout: H5D_layout_t, _ creation: borrowing Handle,
    _ type: borrowing Handle, _ shape: Shape, at path: String, in file: OpenFile
  ) throws(FormatError) -> HDF5File.Storage {
    switch layout {
    case H5D_COMPACT: return .compact
    case H5D_CHUNKED: return try chunks(creation, rank: shape.rank, at: path)
    case H5D_CONTIGUOUS:
      let externalCount = H5Pget_external_count(creation.id)
      guard externalCount >= 0 else { throw Library.fault("a sound dataset", at: path) }
      guard externalCount == 0 else { return .external }
      // Counts the user block.
      let offset = H5Dget_offset(dataset)
      guard offset != chdf5_no_address else { return .contiguous(byteOffset: nil) }
      let stored = H5Dget_storage_size(dataset)
      let declared = UInt64(shape.elementCount).multipliedReportingOverflow(
        by: UInt64(H5Tget_size(type.id)))
      guard offset <= file.bytes.count, !declared.overflow, stored == declared.partialValue else {
        throw FormatError(
          at: .object(path),
          "expected \(shape.elementCount) elements of \(H5Tget_size(type.id)) bytes in "
            + "a file of \(file.bytes.count), found \(stored) bytes from byte \(offset) on")
      }
      return .contiguous(byteOffset: Int(offset))
    default: throw Library.fault("a sound dataset", at: path)
    }
  }

  private static func chunks(
    _ creation: borrowing Handle, rank: Int, at path: String
  ) throws(FormatError) -> HDF5File.Storage {
    var extents = [hsize_t](repeating: 0, count: max(rank, 1))
    var options: UInt32 = 0
    let filterCount = H5Pget_nfilters(creation.id)
    guard rank > 0, H5Pget_chunk(creation.id, Int32(rank), &extents) == rank,
      H5Pget_chunk_opts(creation.id, &options) >= 0, filterCount >= 0
    else { throw Library.fault("a sound dataset", at: path) }
    guard options == 0 else { return .other("chunks at the edges that skip the filters") }
    var filters: [HDF5File.Filter] = []
    for index in 0..<filterCount {
      guard let filter = HDF5File.Filter(number: UInt32(index), of: creation) else {
        throw Library.fault("a sound filter", at: path)
      }
      filters.append(filter)
    }
    return .chunked(shape: extents.map { Int(clamping: $0) }, filters: filters)
  }
}
