#if canImport(Glibc)
  internal import Glibc
  private let addressSpace = Int32(RLIMIT_AS.rawValue)
  private let data = Int32(RLIMIT_DATA.rawValue)
#else
  internal import Musl
  private let addressSpace = RLIMIT_AS
  private let data = RLIMIT_DATA
#endif

/// The memory this process may still take.
///
/// Swift ends the process where an allocation fails, and Linux where too many have succeeded, so
/// work whose size a file decides asks here first.
public enum Memory {
  /// Refuses work that needs more bytes at a time than there are.
  public static func require(_ byteCount: Int) throws(MemoryShortage) {
    let available = available
    guard byteCount <= available else {
      throw MemoryShortage(needed: byteCount, available: available)
    }
  }

  /// The least of what the machine has free and of what the limits on the process leave.
  ///
  /// An estimate, since other processes take memory as well.
  public static var available: Int {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let used = text("/proc/self/statm").split(separator: " ").map { (Int($0) ?? 0) * page }
    var available = Int.max
    // Fields of statm: the first is the whole address space, the sixth data and stacks.
    for (resource, field) in [(addressSpace, 0), (data, 5)] where field < used.count {
      var limit = rlimit()
      guard getrlimit(resource, &limit) == 0, let bytes = Int(exactly: limit.rlim_cur) else {
        continue
      }
      available = min(available, max(bytes - used[field], 0))
    }
    for line in text("/proc/meminfo").split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.first == "MemAvailable:", let kibibytes = Int(words[1]) else { continue }
      available = min(available, kibibytes << 10)
    }
    // A container's limit; what it uses already is mostly cache, which it gives back.
    if let limit = Int(text("/sys/fs/cgroup/memory.max").prefix { $0 != "\n" }) {
      available = min(available, limit)
    }
    return available
  }

  /// The beginning of a file of the system; empty if there is none.
  private static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
  }
}

/// Work that needs more memory than there is.
public struct MemoryShortage: Error, Equatable, CustomStringConvertible {
  /// The bytes it needs.
  public var needed: Int
  /// The bytes that can be had.
  public var available: Int

  /// `needs 4294967296 bytes of memory, 1048576 are available`.
  public var description: String {
    "needs \(needed) bytes of memory, \(available) are available"
  }
}
