internal import CKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension ThreadPool {
  /// The number of processors that this process may use: those of the calling thread's affinity
  /// mask, and no more than the quota of its control groups gives time for.
  public static var availableProcessorCount: Int {
    let allowed = ck_allowed_processors()
    return max(1, min(allowed, ProcessorQuota.count() ?? allowed))
  }
}

/// The time of processors that the control groups of this process may use.
///
/// A group has a quota of microseconds in each period, and so has every group around it: in version
/// 2 `cpu.max` with `quota period` or `max period`, in version 1 `cpu.cfs_quota_us` and
/// `cpu.cfs_period_us`. In a container the path of a group may be that outside of it, and only the
/// last of the groups around it is there. What is absent or odd says nothing.
enum ProcessorQuota {
  /// The least quota in processors, rounded up; nil where there is none.
  ///
  /// - Parameter root: the folder that holds `proc` and `sys`.
  static func count(root: String = "") -> Int? {
    groups(root).compactMap(processors).min().map { Int($0.rounded(.up)) }
  }

  /// The folders of the groups of this process, and of those around them.
  private static func groups(_ root: String) -> [String] {
    let lines = (contents(root + "/proc/self/cgroup") ?? "").split(separator: "\n")
    return lines.flatMap { line -> [String] in
      // hierarchy:controllers:path
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let places: [String]
      switch fields[1] {
      case "": places = ["", "/unified"]
      case let all where all.split(separator: ",").contains("cpu"): places = ["/\(all)", "/cpu"]
      default: return []
      }
      return places.flatMap { place in
        pathAndParents(fields[2]).map { "\(root)/sys/fs/cgroup\(place)\($0)" }
      }
    }
  }

  /// `/a/b`, `/a` and the empty path; of a path that leads out of its root, the empty one only.
  private static func pathAndParents(_ path: Substring) -> [String] {
    let parts = path.split(separator: "/")
    guard !parts.contains("..") else { return [""] }
    return (0...parts.count).reversed().map { count in
      parts.prefix(count).map { "/" + $0 }.joined()
    }
  }

  /// The processors that one group may use at a time.
  private static func processors(_ folder: String) -> Double? {
    if let words = contents(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace) {
      return words.count == 2 ? quotient(Int(words[0]), Int(words[1])) : nil
    }
    func number(_ file: String) -> Int? {
      contents(folder + file)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
    return quotient(number("/cpu.cfs_quota_us"), number("/cpu.cfs_period_us"))
  }

  private static func quotient(_ quota: Int?, _ period: Int?) -> Double? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }  // -1: no quota
    let result = Double(quota) / Double(period)
    return result < 1e6 ? result : nil
  }

  /// The text of a small file; nil where it cannot be read.
  private static func contents(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    while count < bytes.count {
      let more = bytes.withUnsafeMutableBytes {
        read(file, $0.baseAddress! + count, $0.count - count)
      }
      guard more >= 0 else { return nil }
      if more == 0 { break }
      count += more
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
