#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// An immutable run of bytes: owned, memory-mapped, or made anew at each use; slices share the
/// storage.
public struct Bytes: Sendable {
  /// Where the bytes live. Never written after it was made, so it may be shared between threads.
  private final class Storage: @unchecked Sendable {
    let base: UnsafeRawPointer?
    let release: @Sendable (UnsafeRawPointer) -> Void
    /// Makes the bytes, instead of `base`.
    let make: (@Sendable () -> Bytes)?
    /// Whether nobody has the bytes, and `make` ends the program.
    let isAbsent: Bool

    init(base: UnsafeRawPointer?, release: @escaping @Sendable (UnsafeRawPointer) -> Void) {
      self.base = base
      self.release = release
      make = nil
      isAbsent = false
    }

    init(isAbsent: Bool = false, make: @escaping @Sendable () -> Bytes) {
      base = nil
      release = { _ in }
      self.make = make
      self.isAbsent = isAbsent
    }

    deinit { if let base { release(base) } }
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
  /// - Parameter release: called with `base` once the last slice is gone.
  public init(
    adopting base: UnsafeRawPointer, count: Int,
    release: @escaping @Sendable (UnsafeRawPointer) -> Void
  ) {
    self.init(storage: Storage(base: base, release: release), offset: 0, count: count)
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

  /// Bytes that are made anew each time they are used, and are gone after the use.
  ///
  /// For weights that are rearranged on their way out of a mapped file: a model of any size takes no
  /// memory for them while nobody looks.
  /// - Parameter make: gives `count` bytes, always the same.
  public init(count: Int, madeBy make: @escaping @Sendable () -> Bytes) {
    self.init(storage: Storage(make: make), offset: 0, count: count)
  }

  /// Bytes that nobody has, for what is known by its size only: a look at them ends the program,
  /// since any contents would be wrong.
  init(absent count: Int) {
    let storage = Storage(isAbsent: true) { preconditionFailure("bytes that nobody has are used") }
    self.init(storage: storage, offset: 0, count: count)
  }

  /// Whether nobody has these bytes.
  var isAbsent: Bool { storage.isAbsent }

  /// These bytes in memory: for whoever looks at them piece by piece or keeps their address, so that
  /// bytes that are made at each use are made once.
  public var inMemory: Bytes { storage.make.map { made(by: $0) } ?? self }

  /// The bytes of the storage as `body` is to see them, for storage that makes them.
  private func made(by make: () -> Bytes) -> Bytes {
    guard let bytes = make().slice(from: offset, count: count) else {
      preconditionFailure("fewer bytes than promised")
    }
    return bytes
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
    if let make = storage.make { return try made(by: make).withSpan(body) }
    // SAFETY: offset and count were checked when the slice was made; the storage outlives the call.
    let buffer = UnsafeRawBufferPointer(start: storage.base.map { $0 + offset }, count: count)
    return try body(buffer.bytes)
  }

  /// Calls `body` with the bytes, unchecked: for loops whose bounds were checked before.
  public func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    if let make = storage.make { return try made(by: make).withUnsafeBytes(body) }
    return try body(UnsafeRawBufferPointer(start: storage.base.map { $0 + offset }, count: count))
  }

  /// Where bytes begin: a storage, and the offset in it. A key for as long as the bytes live.
  public struct Place: Hashable, Sendable {
    fileprivate let storage: ObjectIdentifier
    fileprivate let offset: Int
  }

  /// Where these bytes begin.
  public var place: Place { Place(storage: ObjectIdentifier(storage), offset: offset) }

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
