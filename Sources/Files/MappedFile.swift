internal import Synchronization
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension Bytes {
  /// The contents of an open regular file, mapped; `path` names it in errors.
  ///
  /// - Throws: `FormatError` of kind `inputOutput`, or `outOfMemory` for a file larger than the
  ///   address space this process may use.
  init(mapping descriptor: Int32, path: String) throws(FormatError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(.inputOutput, file: path, "cannot read", errno)
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      self.init([])
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED
    else {
      let kind: FormatError.Kind = errno == ENOMEM ? .outOfMemory : .inputOutput
      throw .system(kind, file: path, "cannot map \(count) bytes", errno)
    }
    let entry = MappedFile.add(base, count: count, path: path)
    self.init(adopting: base, count: count, isFile: true) {
      entry.remove()
      munmap(UnsafeMutableRawPointer(mutating: $0), count)
    }
  }
}

extension InputFile {
  /// Says which mapped file cannot be read at an address, because the process has just got SIGBUS
  /// for it: somebody shortened the file, or its disk failed.
  ///
  /// Safe in a signal handler: it allocates nothing and takes no lock. Without a handler that calls
  /// it the signal ends the process.
  /// - Parameters:
  ///   - descriptor: where to say it, in one line.
  ///   - prefix: what the line begins with.
  /// - Returns: false, and nothing is said, if the address lies in no mapped file.
  public static func reportUnreadable(
    at address: UnsafeRawPointer?, to descriptor: Int32, prefix: UnsafePointer<CChar>
  ) -> Bool {
    guard let (file, offset) = MappedFile.containing(UInt(bitPattern: address)) else {
      return false
    }
    writeText(prefix, to: descriptor)
    writeText(file, to: descriptor)
    writeText(": byte ", to: descriptor)
    writeDecimal(offset, to: descriptor)
    writeText(
      ": cannot be read any more: the file was shortened meanwhile, or its disk failed\n",
      to: descriptor)
    return true
  }
}

/// A mapped file, known to a signal handler as long as it is mapped.
///
/// An entry of a list that only grows, so that it can be walked at any moment; entries are used
/// again.
final class MappedFile: Sendable {
  private enum State {
    static let free = 0
    static let changing = 1
    static let mapped = 2
  }

  // SAFETY: written by whoever made the state `changing`, read where it is `mapped`.
  private nonisolated(unsafe) var start: UInt = 0
  private nonisolated(unsafe) var count: UInt = 0
  private nonisolated(unsafe) var path: UnsafeMutablePointer<CChar>?
  private let state = Atomic(State.changing)
  private let next: Unmanaged<MappedFile>?

  private static let first = Atomic<Unmanaged<MappedFile>?>(nil)

  private init(next: Unmanaged<MappedFile>?) { self.next = next }

  /// Makes a mapping known.
  static func add(_ base: UnsafeRawPointer, count: Int, path: String) -> MappedFile {
    let entry = unused()
    free(entry.path)
    entry.path = strdup(path.printable())
    (entry.start, entry.count) = (UInt(bitPattern: base), UInt(count))
    entry.state.store(State.mapped, ordering: .releasing)
    return entry
  }

  /// It is about to be unmapped.
  func remove() { state.store(State.free, ordering: .releasing) }

  /// The printable path of the file mapped at an address, and the address as an offset in it.
  static func containing(_ address: UInt) -> (path: UnsafePointer<CChar>, offset: UInt)? {
    var reference = first.load(ordering: .acquiring)
    while let entry = reference?.takeUnretainedValue() {
      if entry.state.load(ordering: .acquiring) == State.mapped, let path = entry.path,
        address >= entry.start, address - entry.start < entry.count
      {
        return (UnsafePointer(path), address - entry.start)
      }
      reference = entry.next
    }
    return nil
  }

  /// An entry that nobody else has.
  private static func unused() -> MappedFile {
    var reference = first.load(ordering: .acquiring)
    while let entry = reference?.takeUnretainedValue() {
      let claim = entry.state.compareExchange(
        expected: State.free, desired: State.changing, ordering: .acquiring)
      if claim.exchanged { return entry }
      reference = entry.next
    }
    while true {
      let next = first.load(ordering: .acquiring)
      let entry = MappedFile(next: next)
      let new = Unmanaged.passRetained(entry)
      if first.compareExchange(expected: next, desired: new, ordering: .releasing).exchanged {
        return entry
      }
      new.release()
    }
  }
}

// What a signal handler may call.

private func writeText(_ text: UnsafePointer<CChar>, to descriptor: Int32) {
  _ = write(descriptor, text, strlen(text))
}

private func writeText(_ text: StaticString, to descriptor: Int32) {
  _ = write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
}

private func writeDecimal(_ number: UInt, to descriptor: Int32) {
  var divisor: UInt = 1
  while number / divisor >= 10 { divisor *= 10 }
  while divisor > 0 {
    var digit = UInt8(ascii: "0") + UInt8(number / divisor % 10)
    _ = write(descriptor, &digit, 1)
    divisor /= 10
  }
}
