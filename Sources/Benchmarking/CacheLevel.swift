/// A cache of the processor.
public struct CacheLevel: Sendable, Equatable {
  /// 1 for the one beside the registers.
  public let level: Int
  /// Its size.
  public let byteCount: Int
  /// How many of the system's processors share it.
  public let sharerCount: Int

  /// Its name: `L2`.
  public var name: String { "L\(level)" }

  /// The caches that data goes through, the first level first.
  ///
  /// - Parameter folder: where Linux describes the caches of one processor.
  /// - Returns: what is known; nothing where the system does not tell.
  public static func all(
    in folder: String = "/sys/devices/system/cpu/cpu0/cache"
  ) -> [CacheLevel] {
    (0..<16).compactMap { index -> CacheLevel? in
      let place = "\(folder)/index\(index)"
      guard let type = SystemFile.line(place + "/type"), type != "Instruction",
        let level = SystemFile.line(place + "/level").flatMap({ Int($0) }),
        let byteCount = SystemFile.line(place + "/size").flatMap(byteCount), level > 0
      else { return nil }
      let sharers = SystemFile.line(place + "/shared_cpu_list").flatMap(processorCount) ?? 1
      return CacheLevel(level: level, byteCount: byteCount, sharerCount: sharers)
    }.sorted { $0.level < $1.level }
  }

  /// `48K`, `2M` in bytes.
  private static func byteCount(_ text: String) -> Int? {
    let factors: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let last = text.last else { return nil }
    let factor = factors[last]
    guard let count = Int(factor == nil ? text : String(text.dropLast())), count > 0,
      count < 1 << 40
    else { return nil }
    return count * (factor ?? 1)
  }

  /// How many processors a list like `0-3,8` names.
  private static func processorCount(_ list: String) -> Int? {
    var count = 0
    for part in list.split(separator: ",") {
      let ends = part.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, 0...last ~= first,
        last < 1 << 20
      else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }
}
