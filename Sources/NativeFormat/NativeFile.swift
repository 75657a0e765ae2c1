public import Files
internal import JSON
public import ModelGraph
internal import ModelIO
internal import TensorCore

/// A `.resnet` file that was opened: its model, with weights used straight from the mapped file.
public struct NativeFile: Sendable {
  /// The model, without its ledger. Its weights are not verified before `check()`.
  public let model: Model

  private let path: String
  private let bytes: Bytes
  private let ledgerText: Bytes
  private let tensors: [Tensor]
  /// The ledger, then the tensors in the order of the file.
  private let sections: [Section]
  /// One checksum for each chunk of `sections`.
  private let checksums: [UInt32]
  private let allowsUnknownMembers: Bool

  /// Opens a file: verifies preamble, header and checksum table, and that the header describes a
  /// network; reads nothing else.
  ///
  /// - Throws: `FormatError` of kind `badModel`, naming the section, layer or tensor.
  public init(opening file: InputFile) throws(FormatError) {
    try self.init(file.bytes, path: file.path)
  }

  init(_ bytes: Bytes, path: String) throws(FormatError) {
    do {
      try self.init(decoding: bytes, path: path)
    } catch {
      throw error.inFile(path)
    }
  }

  private init(decoding file: Bytes, path: String) throws(FormatError) {
    let preamble = try Preamble(decoding: file)
    let headerText = try Self.verified(
      preamble.header, preamble.headerLength, preamble.headerChecksum, "header", of: file)
    let header = try Self.parse(headerText, "header")
    self = try header.withRoot { (root) throws(FormatError) in
      try NativeFile(file, path: path, preamble, header: root)
    }
  }

  private init(
    _ file: Bytes, path: String, _ preamble: Preamble, header: JSONText.Value
  ) throws(FormatError) {
    // A newer minor version may add members that an older reader can do without.
    let allowsUnknown = preamble.minor > Preamble.minor
    var fields = try JSONFields(header, in: "header")
    let entries = try TensorEntry.entries(
      decoding: try fields.array("tensors"), byteCount: preamble.tensors.count,
      allowingUnknown: allowsUnknown)
    let sections = Self.sections(preamble, entries)
    try Self.checkLength(of: file, preamble, sections)
    let table = try Self.verified(
      preamble.table, preamble.tableLength, preamble.tableChecksum, "checksum table", of: file)
    checksums = try Self.checksums(decoding: table, for: sections)

    let start = preamble.tensors.lowerBound
    tensors = entries.map { entry in
      // SAFETY of `!`: the file is as long as its preamble says, and the entries tile it.
      Tensor(
        shape: entry.shape, elementType: entry.elementType,
        bytes: file.slice(from: start + entry.offset, count: entry.byteCount)!)!
    }
    model = try Header.model(
      decoding: &fields, entries: entries, tensors: tensors, allowingUnknown: allowsUnknown)
    try fields.finish(allowingUnknown: allowsUnknown)
    self.path = path
    bytes = file
    self.sections = sections
    ledgerText = file.slice(from: preamble.ledger.lowerBound, count: preamble.ledgerLength)!
    allowsUnknownMembers = allowsUnknown
  }
}

extension NativeFile {
  /// What `check()` went through.
  public struct CheckReport: Sendable, Equatable {
    /// The length of the file.
    public var byteCount: Int
    /// How many tensors it holds.
    public var tensorCount: Int
    /// How many checksums were compared, those of preamble, header and table included.
    public var checksumCount: Int
    /// How many elements of a tensor are infinite or not a number, by its name; without zeros.
    public var nonFiniteCounts: [String: Int]
  }

  /// Verifies every byte of the file, and that the layers fit each other.
  ///
  /// - Throws: `FormatError` of kind `badModel` that names the first damaged section or tensor, the
  ///   chunk and its bytes.
  public func check() throws(FormatError) -> CheckReport {
    do throws(FormatError) {
      var first = 0
      var nonFiniteCounts: [String: Int] = [:]
      for (index, section) in sections.enumerated() {
        let count = Chunks.count(of: section.byteCount)
        try section.check(in: bytes, against: checksums[first..<first + count])
        first += count
        guard index > 0 else { continue }  // the ledger
        // Its bytes are still in the cache: a pass over all tensors later would read memory again.
        let nonFinite = tensors[index - 1].nonFiniteCount
        if nonFinite > 0 { nonFiniteCounts[section.name] = nonFinite }
      }
      _ = try decodedLedger()
      try checkShapes()
      return CheckReport(
        byteCount: bytes.count, tensorCount: tensors.count, checksumCount: first + 3,
        nonFiniteCounts: nonFiniteCounts)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads the ledger.
  ///
  /// - Throws: `FormatError` of kind `badModel` if it is damaged.
  public func ledger() throws(FormatError) -> Ledger {
    do throws(FormatError) {
      let count = Chunks.count(of: sections[0].byteCount)
      try sections[0].check(in: bytes, against: checksums[..<count])
      return try decodedLedger()
    } catch {
      throw error.inFile(path)
    }
  }

  private func decodedLedger() throws(FormatError) -> Ledger {
    try Self.parse(ledgerText, "ledger").withRoot { (root) throws(FormatError) in
      try Ledger(decoding: root, allowingUnknown: allowsUnknownMembers)
    }
  }

  private func checkShapes() throws(FormatError) {
    do {
      _ = try model.network.shapes()
    } catch {
      throw FormatError(error)
    }
  }
}

extension NativeFile {
  /// The bytes of a section that has one checksum, without the zeros behind it.
  private static func verified(
    _ extent: Range<Int>, _ length: Int, _ checksum: UInt32, _ name: String, of file: Bytes
  ) throws(FormatError) -> Bytes {
    let place = FormatError.Location.object(name)
    guard let bytes = file.slice(from: extent.lowerBound, count: extent.count) else {
      throw FormatError(
        at: place,
        "bytes \(extent.lowerBound)..<\(extent.upperBound): the file ends at byte \(file.count)")
    }
    guard Chunks.checksum(of: bytes) == checksum else {
      throw FormatError(
        at: place, "bytes \(extent.lowerBound)..<\(extent.upperBound): checksum mismatch")
    }
    let text = bytes.slice(from: 0, count: length)!  // the extent is the length, rounded up
    guard bytes.slice(from: length, count: bytes.count - length)!.isZero else {
      throw FormatError(at: place, "expected zeros behind its \(length) bytes")
    }
    return text
  }

  private static func sections(_ preamble: Preamble, _ entries: [TensorEntry]) -> [Section] {
    let start = preamble.tensors.lowerBound
    return [Section(name: "ledger", extent: preamble.ledger, byteCount: preamble.ledgerLength)]
      + entries.map { entry in
        Section(
          name: entry.name, extent: start + entry.offset..<start + entry.end,
          byteCount: entry.byteCount)
      }
  }

  private static func checkLength(
    of file: Bytes, _ preamble: Preamble, _ sections: [Section]
  ) throws(FormatError) {
    let (found, expected) = (file.count, preamble.fileLength)
    if found > expected {
      throw FormatError(at: .byte(expected), "expected the end, found \(found - expected) bytes")
    }
    guard found < expected else { return }
    let reason = "the file ends at byte \(found), expected \(expected) bytes"
    guard let section = sections.first(where: { $0.extent.contains(found) }) else {
      throw FormatError(at: .object("checksum table"), reason)  // all before it is there
    }
    throw section.fault(
      inChunk: (found - section.extent.lowerBound) / Chunks.byteCount, reason)
  }

  private static func checksums(
    decoding table: Bytes, for sections: [Section]
  ) throws(FormatError) -> [UInt32] {
    let count = sections.reduce(0) { $0 + Chunks.count(of: $1.byteCount) }
    guard table.count == 4 * count else {
      throw FormatError(
        at: .object("checksum table"), "expected \(4 * count) bytes, found \(table.count)")
    }
    var reader = LittleEndianReader(table.array)
    return (0..<count).map { _ in reader.next(UInt32.self) }
  }

  /// The JSON of a section; an error gives its byte within the section.
  private static func parse(_ text: Bytes, _ section: String) throws(FormatError) -> JSONText {
    do {
      return try JSONText(parsing: text)
    } catch {
      let place = error.location.map { "\($0): " } ?? ""
      throw FormatError(at: .object(section), place + error.reason)
    }
  }
}
