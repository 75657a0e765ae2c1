internal import TensorCore

extension Reader {
  /// Describes a dataset; its elements are not read.
  ///
  /// - Parameter address: where its header begins.
  mutating func dataset(
    _ header: ObjectHeader, at address: Int, _ path: String
  ) throws(Fault) -> HDF5File.Dataset {
    guard let layoutBody = try header.body(.layout) else {
      throw .damage("a dataset with a layout", at: address, found: "none")
    }
    var cursor = source.cursor(layoutBody)
    let layout = try LayoutMessage(&cursor)
    if case .virtual = layout {
      // Its extents may be those of datasets in other files.
      return HDF5File.Dataset(
        path: path, shape: [0], elements: .other("virtual"), storage: .virtual,
        headerOffset: address)
    }
    guard let typeMessage = try header.message(.datatype),
      let spaceBody = try header.body(.dataspace)
    else { throw .damage("a dataset with a type and extents", at: address, found: "none") }
    let type = try datatype(typeMessage.body, isShared: typeMessage.isShared)
    var spaceCursor = source.cursor(spaceBody)
    let space = try DataspaceMessage(&spaceCursor)
    try checkFillValue(header)
    let extents = space.extents ?? []
    guard let shape = Shape(checking: extents.map { Int(clamping: $0) }) else {
      throw Fault(.damaged, "expected extents that can be multiplied, found \(extents)")
    }
    var dataset = HDF5File.Dataset(
      path: path, shape: shape,
      elements: space.extents == nil ? .other("nothing") : try HDF5File.Elements(type),
      storage: .compact, headerOffset: address)
    let count = space.extents == nil ? 0 : shape.elementCount
    switch layout {
    case .compact(let run):
      try checkByteCount(UInt64(run.count), of: count, type, from: run.lowerBound)
      dataset.pieces = .run(run)
    case .contiguous(let start, let stored):
      let byteCount =
        stored ?? UInt64(count).multipliedReportingOverflow(by: UInt64(type.byteCount)).partialValue
      dataset.storage = try contiguous(header, start, byteCount, of: count, type)
    case .chunked(let layout):
      try readChunks(layout, header, type, space, of: &dataset)
    case .virtual: break  // was returned above
    }
    return dataset
  }

  /// Elements in one run: here, in other files, or nowhere yet.
  private mutating func contiguous(
    _ header: ObjectHeader, _ start: Int?, _ stored: UInt64, of count: Int,
    _ type: DatatypeMessage
  ) throws(Fault) -> HDF5File.Storage {
    guard try header.body(.externalFiles) == nil else { return .external }
    guard let start else { return .contiguous(byteOffset: nil) }
    try checkByteCount(stored, of: count, type, from: start)
    let run = start..<start + Int(stored)
    try map.claim(run, .elements)
    return .contiguous(byteOffset: start)
  }

  /// Checks that as many bytes are stored as the elements take, and that they are in the file.
  private func checkByteCount(
    _ stored: UInt64, of count: Int, _ type: DatatypeMessage, from start: Int
  ) throws(Fault) {
    let (declared, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow, stored == declared, start <= source.end, declared <= source.end - start else {
      throw Fault(
        .damaged,
        "expected \(count) elements of \(type.byteCount) bytes in a file of "
          + "\(source.bytes.count), found \(stored) bytes from byte \(start) on")
    }
  }

  private mutating func readChunks(
    _ layout: ChunkLayout, _ header: ObjectHeader, _ type: DatatypeMessage,
    _ space: DataspaceMessage, of dataset: inout HDF5File.Dataset
  ) throws(Fault) {
    let extents = space.extents ?? []
    guard layout.shape.count == extents.count, layout.elementByteCount == type.byteCount else {
      throw Fault(
        .damaged,
        "expected chunks of \(extents.count) extents with elements of \(type.byteCount) bytes, "
          + "found \(layout.shape) of \(layout.elementByteCount)")
    }
    var filters: [HDF5File.Filter] = []
    if let body = try header.body(.filters) {
      var cursor = source.cursor(body)
      filters = try HDF5File.Filter.list(&cursor, width: type.byteCount)
    }
    dataset.storage =
      layout.edgesSkipFilters
      ? .other("chunks at the edges that skip the filters")
      : .chunked(shape: layout.shape, filters: filters)
    let table = try ChunkTable(
      layout, filters, extents: extents, largest: space.largest, in: source)
    dataset.pieces = .chunks(try chunks(of: table))
  }

  /// Nothing is filled here, but a message that contradicts itself tells of damage.
  private func checkFillValue(_ header: ObjectHeader) throws(Fault) {
    guard let body = try header.body(.fillValue) else { return }
    var cursor = source.cursor(body)
    let version = try cursor.version(1...3, of: "a fill value")
    let place = cursor.position
    let isDefined: Bool
    if version == 3 {
      let flags = try cursor.byte()
      guard flags & 0xc0 == 0, flags & 0x30 != 0x30, flags & 3 != 0 else {
        throw .damage("known flags of a fill value", at: place, found: "\(flags)")
      }
      isDefined = flags & 0x20 != 0
    } else {
      try cursor.skip(2)
      isDefined = try cursor.byte() != 0 || version == 1
    }
    if isDefined { try cursor.skip(try cursor.integer(4)) }
  }
}
