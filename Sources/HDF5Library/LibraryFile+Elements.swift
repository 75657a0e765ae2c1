public import Files
public import HDF5
public import TensorCore

extension LibraryFile {
  /// The elements of a dataset that this value lists.
  ///
  /// - Throws: `FormatError` with the dataset's path, as `HDF5File.tensor(_:)` does.
  public func tensor(_ dataset: HDF5File.Dataset) throws(FormatError) -> Tensor {
    do {
      let (type, bytes) = try elements(of: dataset)
      // `elements` made as many bytes as the shape takes.
      return Tensor(shape: dataset.shape, elementType: type, bytes: bytes)!
    } catch {
      throw error.inFile(file.path)
    }
  }

  private func elements(
    of dataset: HDF5File.Dataset
  ) throws(FormatError) -> (ElementType, Bytes) {
    if let obstacle = dataset.unsupportedFeature { throw obstacle }
    guard case .numbers(let type, let isBigEndian) = dataset.elements else {
      throw dataset.fault(
        .badModel, "expected floating-point numbers, found \(dataset.elements.description)")
    }
    guard let byteCount = dataset.byteCount else {
      throw dataset.fault(.badModel, "expected a size that can be counted, found \(dataset.shape)")
    }
    guard byteCount > 0 else { return (type, Bytes([])) }
    let bytes =
      switch dataset.storage {
      case .contiguous(let offset):
        if let offset, let run = file.bytes.slice(from: offset, count: byteCount) {
          run
        } else {
          throw dataset.fault(.badModel, "expected elements, found that none were written")
        }
      case .chunked(let shape, let filters):
        try chunks(of: dataset, shape: shape, filters, width: type.byteCount)
      case .compact, .external, .virtual, .other:
        try Library.ask(file) { file throws(FormatError) in
          try file.compactElements(of: dataset, byteCount: byteCount)
        }
      }
    return (type, isBigEndian ? bytes.reversed(inGroupsOf: type.byteCount) : bytes)
  }

  private func chunks(
    of dataset: HDF5File.Dataset, shape: [Int], _ filters: [HDF5File.Filter], width: Int
  ) throws(FormatError) -> Bytes {
    guard let grid = ChunkGrid(shape: dataset.shape, chunkShape: shape, width: width) else {
      throw dataset.fault(
        .refused,
        "expected chunks of at most \(ChunkGrid.chunkLimit >> 20) MiB, found \(shape) elements")
    }
    let pipeline = FilterPipeline(filters, chunkByteCount: grid.chunkByteCount)
    return try Library.ask(file) { file throws(FormatError) in
      try file.elements(of: dataset, in: grid, pipeline)
    }
  }

  /// The elements of a dataset as they are in memory, whatever filters of the library they went
  /// through: for a process that the library may end.
  ///
  /// - Parameter dataset: one with a `toldByteCount`.
  /// - Throws: `FormatError` as `tensor(_:)` does.
  package func anyElements(of dataset: HDF5File.Dataset) throws(FormatError) -> Bytes {
    if case .numbers = dataset.elements, dataset.unsupportedFeature == nil {
      return try elements(of: dataset).1
    }
    guard let byteCount = dataset.toldByteCount else {
      throw dataset.fault(.refused, "expected elements in this file, found none")
    }
    guard byteCount > 0 else { return Bytes([]) }
    let bytes = try Library.ask(file) { file throws(FormatError) in
      try file.filteredElements(of: dataset, byteCount: byteCount)
    }
    guard case .numbers(let type, isBigEndian: true) = dataset.elements else { return bytes }
    return bytes.reversed(inGroupsOf: type.byteCount)
  }

  /// The library's version: `1.10.8`.
  package static var libraryVersion: String { Library.version }
}
