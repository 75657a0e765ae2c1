internal import CHDF5
internal import Files
internal import HDF5
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension OpenFile {
  /// The elements of a dataset that holds them in its description, as they are stored.
  func compactElements(
    of dataset: HDF5File.Dataset, byteCount: Int
  ) throws(FormatError) -> Bytes {
    let object = try self.object(at: address(of: dataset), path: dataset.path)
    let id = object.handle.id
    guard let type = Handle(H5Dget_type(id), closedBy: H5Tclose),
      let space = Handle(H5Dget_space(id), closedBy: H5Sclose),
      // The library writes as much as it reads in the file now.
      H5Sget_simple_extent_npoints(space.id) == dataset.shape.elementCount,
      H5Tget_size(type.id) * dataset.shape.elementCount == byteCount,
      H5Dget_storage_size(id) == byteCount
    else { throw Library.fault("\(byteCount) bytes of elements", at: dataset.path) }
    var status: herr_t = -1
    let bytes = Bytes(count: byteCount) {
      // SAFETY: as many bytes as the library writes, as was just checked.
      status = H5Dread(id, type.id, 0, 0, 0, $0.baseAddress)
    }
    guard status >= 0 else { throw Library.fault("sound elements", at: dataset.path) }
    return bytes
  }

  /// The elements of a chunked dataset, decoded.
  func elements(
    of dataset: HDF5File.Dataset, in grid: ChunkGrid, _ pipeline: FilterPipeline
  ) throws(FormatError) -> Bytes {
    let object = try self.object(at: address(of: dataset), path: dataset.path)
    guard object.kind == .dataset else { throw Library.fault("a dataset", at: dataset.path) }
    let id = object.handle.id
    // Nothing is allocated before each chunk is known to be there and large enough.
    try grid.forEachOrigin { origin throws(FormatError) in
      let stored = try storedByteCount(of: id, at: origin, dataset)
      guard pipeline.canDecode(stored) else {
        throw dataset.fault(
          .refused,
          "expected a chunk of \(grid.chunkByteCount) bytes at \(origin), found \(stored) stored ones"
        )
      }
    }
    let byteCount = grid.shape.elementCount * grid.width  // as every chunk is there
    guard let memory = calloc(byteCount, 1) else {
      throw dataset.fault(.inputOutput, "no memory for \(byteCount) bytes")
    }
    // Nobody else has the elements yet.
    let elements = Bytes(adopting: memory, count: byteCount) {
      free(UnsafeMutableRawPointer(mutating: $0))
    }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    try grid.forEachOrigin { origin throws(FormatError) in
      var stored = [UInt8](repeating: 0, count: try storedByteCount(of: id, at: origin, dataset))
      var skipped: UInt32 = 0
      guard H5Dread_chunk(id, 0, origin.map { hsize_t($0) }, &skipped, &stored) >= 0 else {
        throw Library.fault("a sound chunk at \(origin)", at: dataset.path)
      }
      guard let chunk = pipeline.decode(stored, skipping: skipped) else {
        throw dataset.fault(
          .badModel,
          "expected a chunk of \(grid.chunkByteCount) bytes at \(origin), found what its filters "
            + "do not decode to that")
      }
      grid.place(chunk, at: origin, in: buffer)
    }
    return elements
  }

  /// The elements of a dataset as they were before the library's filters.
  func filteredElements(
    of dataset: HDF5File.Dataset, byteCount: Int
  ) throws(FormatError) -> Bytes {
    let object = try self.object(at: address(of: dataset), path: dataset.path)
    let id = object.handle.id
    guard object.kind == .dataset, let type = Handle(H5Dget_type(id), closedBy: H5Tclose),
      let space = Handle(H5Dget_space(id), closedBy: H5Sclose),
      let creation = Handle(H5Dget_create_plist(id), closedBy: H5Pclose),
      // The library writes as much as it reads in the file now.
      H5Sget_simple_extent_npoints(space.id) == dataset.shape.elementCount,
      H5Tget_size(type.id) * dataset.shape.elementCount == byteCount
    else { throw Library.fault("\(byteCount) bytes of elements", at: dataset.path) }
    guard H5Pall_filters_avail(creation.id) > 0 else {
      let reason = dataset.unsupportedFeature?.reason ?? "expected filters that are built in"
      throw dataset.fault(.refused, "\(reason), which this libhdf5 has not, either")
    }
    if H5Pget_layout(creation.id) == H5D_CHUNKED {
      var extents = [hsize_t](repeating: 0, count: max(dataset.shape.rank, 1))
      let rank = H5Pget_chunk(creation.id, Int32(dataset.shape.rank), &extents)
      guard rank == dataset.shape.rank,
        let grid = ChunkGrid(
          shape: dataset.shape, chunkShape: extents.map { Int(clamping: $0) },
          width: H5Tget_size(type.id))
      else {
        throw dataset.fault(
          .refused,
          "expected chunks of at most \(ChunkGrid.chunkLimit >> 20) MiB, found \(extents) "
            + "elements")
      }
      // The library would put zeros where no chunk was written.
      try grid.forEachOrigin { origin throws(FormatError) in
        _ = try storedByteCount(of: id, at: origin, dataset)
      }
    }
    var status: herr_t = -1
    let bytes = Bytes(count: byteCount) {
      // SAFETY: as many bytes as the library writes, as was just checked.
      status = H5Dread(id, type.id, 0, 0, 0, $0.baseAddress)
    }
    guard status >= 0 else { throw Library.fault("sound elements", at: dataset.path) }
    return bytes
  }

  private func storedByteCount(
    of dataset: hid_t, at origin: [Int], _ described: HDF5File.Dataset
  ) throws(FormatError) -> Int {
    var count: hsize_t = 0
    guard H5Dget_chunk_storage_size(dataset, origin.map { hsize_t($0) }, &count) >= 0,
      count <= bytes.count
    else { throw Library.fault("a sound chunk at \(origin)", at: described.path) }
    guard count > 0 else {
      throw described.fault(
        .badModel, "expected elements, found that none were written at \(origin)")
    }
    return Int(count)
  }
}
