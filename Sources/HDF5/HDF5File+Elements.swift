public import Files
public import TensorCore

extension HDF5File {
  /// The elements of a dataset: where they lie in the mapped file if they are one run of
  /// little-endian numbers, else decoded.
  ///
  /// - Throws: `FormatError` with the dataset's path: `refused` for elements in other files, of
  ///   other datasets or behind other filters than deflate, shuffle, Fletcher-32 and LZF; else for
  ///   elements that are no floating-point numbers, or that are damaged or missing.
  public func tensor(_ dataset: Dataset) throws(FormatError) -> Tensor {
    do {
      let (type, bytes) = try elements(of: dataset)
      // `elements` made as many bytes as the shape takes.
      return Tensor(shape: dataset.shape, elementType: type, bytes: bytes)!
    } catch {
      throw error.inFile(file.path)
    }
  }

  private func elements(of dataset: Dataset) throws(FormatError) -> (ElementType, Bytes) {
    if case .refused(let error) = dataset.pieces { throw error }
    var isRead = false
    if case .read = dataset.pieces { isRead = true }
    if !isRead, let obstacle = dataset.unsupportedFeature { throw obstacle }
    guard case .numbers(let type, let isBigEndian) = dataset.elements else {
      throw dataset.fault(
        .badModel, "expected floating-point numbers, found \(dataset.elements.description)")
    }
    guard let byteCount = dataset.byteCount else {
      throw dataset.fault(.badModel, "expected a size that can be counted, found \(dataset.shape)")
    }
    guard byteCount > 0 else { return (type, Bytes([])) }
    if case .read(let bytes) = dataset.pieces { return (type, bytes) }
    let bytes =
      switch dataset.storage {
      case .contiguous(let offset): try run(of: dataset, from: offset, byteCount: byteCount)
      case .chunked(let shape, let filters):
        try chunks(of: dataset, shape: shape, filters, width: type.byteCount)
      case .compact, .external, .virtual, .other:
        try compactElements(of: dataset, byteCount: byteCount)
      }
    return (type, isBigEndian ? bytes.reversed(inGroupsOf: type.byteCount) : bytes)
  }

  private func run(
    of dataset: Dataset, from offset: Int?, byteCount: Int
  ) throws(FormatError) -> Bytes {
    guard let offset else {
      throw dataset.fault(.badModel, "expected elements, found that none were written")
    }
    guard let run = file.bytes.slice(from: offset, count: byteCount) else {
      throw dataset.fault(
        .badModel,
        "expected \(byteCount) bytes from byte \(offset) on, found the end of the file at byte "
          + "\(file.bytes.count)")
    }
    return run
  }

  private func chunks(
    of dataset: Dataset, shape: [Int], _ filters: [Filter], width: Int
  ) throws(FormatError) -> Bytes {
    guard let grid = ChunkGrid(shape: dataset.shape, chunkShape: shape, width: width) else {
      throw dataset.fault(
        .refused,
        "expected chunks of at most \(ChunkGrid.chunkLimit >> 20) MiB, found \(shape) elements")
    }
    let pipeline = FilterPipeline(filters, chunkByteCount: grid.chunkByteCount)
    return try elements(of: dataset, in: grid, pipeline)
  }

  private func compactElements(
    of dataset: Dataset, byteCount: Int
  ) throws(FormatError) -> Bytes {
    guard case .run(let run) = dataset.pieces, run.count == byteCount,
      let bytes = file.bytes.slice(from: run.lowerBound, count: byteCount)
    else {
      throw dataset.fault(.badModel, "expected \(byteCount) bytes of elements, found others")
    }
    // In memory of their own: a description lies where it likes, elements are to be aligned.
    return bytes.withUnsafeBytes { Bytes(copying: $0) }
  }
}

extension HDF5File.Dataset {
  /// The bytes of all elements; nil for elements that are no numbers, or too many.
  package var byteCount: Int? {
    guard case .numbers(let type, _) = elements else { return nil }
    let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.byteCount)
    return overflow ? nil : count
  }

  /// Where the elements are in the file, if a tensor can use them there; nil if they are decoded.
  public var run: Range<Int>? {
    guard case .contiguous(let offset?) = storage, case .numbers(_, isBigEndian: false) = elements,
      let byteCount, byteCount <= Int.max - offset
    else { return nil }
    return offset..<offset + byteCount
  }

  /// Why the elements are not read though the file may be sound: another reader may know how they
  /// are stored. Nil for elements that are read.
  public var unsupportedFeature: FormatError? {
    storage.obstacle.map { fault(storage.isElsewhere ? .refused : .unsupported, $0) }
  }

  /// An error about this dataset.
  package func fault(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
    FormatError(kind, at: .object(path), reason)
  }
}

extension HDF5File.Storage {
  /// Whether the elements are those of other files or datasets: no reader is to follow.
  fileprivate var isElsewhere: Bool {
    switch self {
    case .external, .virtual: true
    case .contiguous, .compact, .chunked, .other: false
    }
  }

  /// What was expected and found where elements stored so are not read; nil if they are.
  package var obstacle: String? {
    switch self {
    case .contiguous, .compact: nil
    case .chunked(_, let filters):
      filters.lazy.compactMap { if case .other(let name) = $0 { name } else { nil } }.first.map {
        "expected no filters but deflate, shuffle, Fletcher-32 and LZF, found \($0)"
      }
    case .external: "expected elements in this file, found external storage"
    case .virtual: "expected elements of its own, found a virtual dataset"
    case .other(let storage): "expected one run, one piece or chunks of elements, found \(storage)"
    }
  }
}

extension HDF5File.Elements {
  /// What they are, for messages.
  public var description: String {
    switch self {
    case .opaque: "opaque data"
    case .numbers(let type, let isBigEndian): "\(isBigEndian ? "big-endian " : "")\(type)"
    case .other(let name): name
    }
  }
}

extension Bytes {
  /// The bytes of each group in the opposite order.
  package func reversed(inGroupsOf width: Int) -> Bytes {
    Bytes(count: count) { output in
      // SAFETY: both hold `count` bytes, a multiple of `width`.
      withUnsafeBytes { input in
        for start in stride(from: 0, to: count, by: width) {
          for index in 0..<width { output[start + index] = input[start + width - 1 - index] }
        }
      }
    }
  }
}
