#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// An immutable run of bytes, owned or memory-mapped; slices share the storage.
public struct Bytes: Sendable {
  /// Where the bytes live. Never written after it was made, so it may be shared between threads.
  private final class Storage: @unchecked Sendable {
    let base: UnsafeRawPointer
    let isFile: Bool
    let release: @Sendable (UnsafeRawPointer) -> Void

    init(
      base: UnsafeRawPointer, isFile: Bool,
      release: @escaping @Sendable (UnsafeRawPointer) -> Void
    ) {
      self.base = base
      self.isFile = isFile
      self.release = release
    }

    deinit { release(base) }
  }

  private let storage: Storage
  /// Where these bytes begin in their storage: the offset in the file for a mapped file.
  public let offset: Int
  /// How many bytes there are.
  public let count: Int

  private init(storage: Storage, offset: Int, count: Int) {
    self.storage = storage
    self.offset = offset
    self.count = count
  }

  /// Takes over memory that nobody writes any more.
  ///
  /// - Parameters:
  ///   - isFile: whether it is a file that is mapped for reading.
  ///   - release: called with `base` once the last slice is gone.
  public init(
    adopting base: UnsafeRawPointer, count: Int, isFile: Bool = false,
    release: @escaping @Sendable (UnsafeRawPointer) -> Void
  ) {
    self.init(
      storage: Storage(base: base, isFile: isFile, release: release), offset: 0, count: count)
  }

  /// Lets the system take back the memory of these bytes where they are those of a mapped file: who
  /// looks again reads them from the file again.
  public func discardPages() {
    guard storage.isFile else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    // Whole pages only: what lies around may be in use.
    let start = (Int(bitPattern: storage.base) + offset + page - 1) / page * page
    let end = (Int(bitPattern: storage.base) + offset + count) / page * page
    guard start < end, let first = UnsafeMutableRawPointer(bitPattern: start) else { return }
    madvise(first, end - start, MADV_DONTNEED)
  }

  /// Memory of `count` bytes, aligned to 64, that `fill` writes before anybody reads it.
  ///
  /// The memory is zero before `fill` runs.
  public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    try self.init(overwriting: count) { memory in
      if let base = memory.baseAddress { memset(base, 0, count) }
      try fill(memory)
    }
  }

  /// Memory of `count` bytes, aligned to 64, every one of which `fill` writes.
  init(
    overwriting count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    do {
      try fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
    } catch {
      memory.deallocate()
      throw error
    }
    self.init(adopting: memory, count: count) { $0.deallocate() }
  }

  /// A copy of bytes in memory.
  public init(copying source: UnsafeRawBufferPointer) {
    self.init(count: source.count) { $0.copyMemory(from: source) }
  }

  /// A copy of an array of bytes.
  public init(_ array: [UInt8]) {
    self = array.withUnsafeBytes { Bytes(copying: $0) }
  }

  /// The bytes as an array.
  public var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// A slice; nil if it does not lie within these bytes.
  ///
  /// - Parameter start: relative to these bytes, not to their storage.
  public func slice(from start: Int, count: Int) -> Bytes? {
    guard start >= 0, count >= 0, start <= self.count, count <= self.count - start else {
      return nil
    }
    return Bytes(storage: storage, offset: offset + start, count: count)
  }

  /// Calls `body` with the bytes; checked at every access, so fit for bytes from files.
  public func withSpan<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: offset and count were checked when the slice was made; the storage outlives the call.
    let buffer = UnsafeRawBufferPointer(start: storage.base + offset, count: count)
    return try body(buffer.bytes)
  }

  /// Calls `body` with the bytes, unchecked: for loops whose bounds were checked before.
  public func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: storage.base + offset, count: count))
  }

  /// Where these bytes begin.
  var place: Tensor.Place { Tensor.Place(of: storage, offset: offset) }

  /// Whether both are the same bytes of the same storage.
  public func isIdentical(to other: Bytes) -> Bool {
    storage === other.storage && offset == other.offset && count == other.count
  }
}

extension Bytes: Equatable {
  /// Whether both hold the same bytes.
  public static func == (left: Bytes, right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    if left.isIdentical(to: right) || left.count == 0 { return true }
    return left.withUnsafeBytes { a in
      right.withUnsafeBytes { b in memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 }
    }
  }
}
