public import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file to be written whole or not at all.
///
/// The content goes to a private temporary in the same folder, is read back, forced to disk and
/// only then given its name. Until that moment, and after any failure, the folder is as it was.
public struct OutputFile: Sendable {
  /// The path as the user gave it.
  public let path: String
  /// The last component of the path.
  public let name: String
  let folder: Folder
  /// What the file that will be replaced is; nil where there is none.
  let replaced: FileStatus?
  /// What the content is made of.
  let inputs: [InputFile]
  /// Called with how many bytes are written, of how many where that is known.
  public var progress: (@Sendable (Int, Int?) -> Void)?
  /// Tests only: do without `O_TMPFILE`, as some file systems must.
  var usesNamedTemporary = false

  /// A destination, checked; nothing is created yet.
  ///
  /// The folder is resolved here, once: what happens to its path later does not matter.
  /// - Parameters:
  ///   - replacing: whether a regular file of that name may be replaced.
  ///   - inputs: files that must not be overwritten, by whatever path, and must not have changed
  ///     when the output gets its name.
  /// - Throws: `FormatError` of kind `refused` for an input or a symbolic link, `outputExists`
  ///   for a file that may not be replaced, `cannotCreate` for a folder that is not there or anything
  ///   that is no regular file.
  public init(
    path: String, replacing: Bool, inputs: [InputFile] = []
  ) throws(FormatError) {
    // By bytes: a character can be a slash and an accent.
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = String(slash.map { path[path.utf8.index(after: $0)...] } ?? path[...])
    guard !["", ".", ".."].contains(name) else {
      throw FormatError(.cannotCreate, file: path, "expected the name of a file")
    }
    self.path = path
    self.name = name
    self.inputs = inputs
    folder = try Folder(
      path: slash.map { String(path[..<path.utf8.index(after: $0)]) } ?? ".", of: path)

    // An input is an input through any link: this comes before what the name itself is.
    if let target = folder.status(of: name, followingLinks: true),
      inputs.contains(where: { $0.identity == target.identity })
    {
      throw FormatError(.refused, file: path, "is an input of this command; name another output")
    }
    guard let existing = folder.status(of: name, followingLinks: false) else {
      // A name that is too long, a folder that may not be searched: known before the work.
      guard errno == ENOENT else {
        throw .system(.cannotCreate, file: path, "cannot create", errno)
      }
      replaced = nil
      return
    }
    switch existing.kind {
    case .regular: break
    case .symbolicLink:
      throw FormatError(.refused, file: path, "is a symbolic link; name the file it leads to")
    case .folder, .other:
      throw FormatError(
        .cannotCreate, file: path, "expected a regular file, found \(existing.kind.rawValue)")
    }
    guard replacing else {
      throw FormatError(.outputExists, file: path, "exists already")
    }
    replaced = existing
  }

  /// Writes the file and gives it its name.
  ///
  /// - Parameters:
  ///   - byteCount: the size, where it is known: a disk too small for it is found out at once.
  ///   - body: writes the content.
  ///   - verify: reads the content back before anybody else can see it.
  /// - Throws: `FormatError` of kind `cannotCreate` or `inputOutput`, or what the closures throw;
  ///   then the folder is as it was.
  public func write(
    byteCount: Int? = nil, _ body: (inout Writer) throws(FormatError) -> Void,
    verify: (Bytes) throws(FormatError) -> Void = { (_: Bytes) throws(FormatError) in }
  ) throws(FormatError) {
    try prepare(byteCount: byteCount, body, verify: verify).publish()
  }

  /// Writes and verifies the file, but leaves it without a name: for a command with several outputs
  /// that prepares all before it publishes any.
  ///
  /// - Returns: the content; dropped unless it is published.
  public func prepare(
    byteCount: Int? = nil, _ body: (inout Writer) throws(FormatError) -> Void,
    verify: (Bytes) throws(FormatError) -> Void = { (_: Bytes) throws(FormatError) in }
  ) throws(FormatError) -> PreparedFile {
    let prepared = try PreparedFile(for: self)
    if let byteCount { try prepared.reserve(byteCount) }
    var writer = Writer(descriptor: prepared.descriptor, path: path)
    if let progress { writer.progress = { written in progress(written, byteCount) } }
    do {
      try body(&writer)
    } catch {
      // The system cannot write what it cannot read: then the input is at fault.
      try checkInputs()
      throw error
    }
    precondition(
      byteCount == nil || byteCount == writer.byteCount,
      "\(writer.byteCount) bytes written instead of \(byteCount ?? 0)")
    try prepared.synchronize()
    prepared.contents = try prepared.readBack(count: writer.byteCount)
    try verify(prepared.contents)
    return prepared
  }

  /// Refuses a file that is not as it was written, once it is read back.
  ///
  /// - Parameter what: what is compared.
  package func requireAsWritten(_ condition: Bool, _ what: String) throws(FormatError) {
    guard condition else {
      throw FormatError(
        .inputOutput, file: path, "expected \(what) as written, read back something else")
    }
  }

  /// Refuses to go on with an input that is not what it was.
  func checkInputs() throws(FormatError) {
    for input in inputs { try input.checkUnchanged() }
  }
}

extension OutputFile {
  /// Appends to a file that is being prepared.
  public struct Writer {
    /// One call writes at most this much, so that an interrupt does not wait for long.
    private static let pieceByteCount = 8 << 20

    let descriptor: Int32
    let path: String
    /// How many bytes were written.
    public private(set) var byteCount = 0
    /// Called with how many bytes are written.
    var progress: (@Sendable (Int) -> Void)?

    init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
    }

    /// Appends bytes from where they are, without a copy.
    ///
    /// - Throws: `FormatError` of kind `inputOutput`.
    public mutating func write(_ bytes: Bytes) throws(FormatError) {
      try transfer(bytes, to: byteCount) { start, count, _ in writeOnce(descriptor, start, count) }
      byteCount += bytes.count
    }

    /// Appends the elements of a tensor; deferred ones are made here, and gone when they are written.
    ///
    /// - Throws: `FormatError` of kind `inputOutput`.
    public mutating func write(_ elements: Tensor.Elements) throws(FormatError) {
      try write(elements.made())
    }

    /// Writes over bytes that were written before: for what is known only after what follows it.
    ///
    /// - Parameter offset: where the bytes go; they end within what was written.
    /// - Throws: `FormatError` of kind `inputOutput`.
    public func rewrite(_ bytes: Bytes, at offset: Int) throws(FormatError) {
      precondition(offset >= 0 && offset + bytes.count <= byteCount, "not written yet")
      try transfer(bytes, to: offset) { pwrite(descriptor, $0, $1, off_t($2)) }
    }

    /// Calls `step` with the next bytes, how many they are and where they go, until all are written.
    private func transfer(
      _ bytes: Bytes, to offset: Int, step: (UnsafeRawPointer, Int, Int) -> Int
    ) throws(FormatError) {
      var done = 0
      while done < bytes.count {
        let wanted = min(bytes.count - done, Self.pieceByteCount)
        let written = bytes.withUnsafeBytes { buffer in
          step(buffer.baseAddress! + done, wanted, offset + done)  // not empty: done < count
        }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else {
          throw .system(
            .inputOutput, file: path, "cannot write after \(offset + done) bytes",
            written == 0 ? ENOSPC : errno)
        }
        progress?(offset + done + written)
        // Lets the disk begin at once, not only when everything is there: it is a hint and may fail.
        _ = posix_fadvise(
          descriptor, off_t(offset + done), off_t(written), POSIX_FADV_DONTNEED)
        done += written
      }
    }

    /// Appends an array of bytes.
    ///
    /// - Throws: `FormatError` of kind `inputOutput`.
    public mutating func write(_ bytes: [UInt8]) throws(FormatError) {
      try write(Bytes(bytes))
    }
  }
}

/// The system's `write`, which a method of that name hides.
private func writeOnce(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
