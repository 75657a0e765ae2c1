internal import CZlib

/// Undoes what filters did to a chunk.
package struct FilterPipeline: Sendable {
  private let filters: [HDF5File.Filter]
  private let chunkByteCount: Int

  /// The filters in the order in which they were applied to chunks of so many bytes.
  package init(_ filters: [HDF5File.Filter], chunkByteCount: Int) {
    self.filters = filters
    self.chunkByteCount = chunkByteCount
  }

  /// Whether a chunk can come of so many stored bytes.
  package func canDecode(_ storedByteCount: Int) -> Bool {
    filters.contains(.deflate) || filters.contains(.lzf)
      ? chunkByteCount / HDF5File.Filter.largestRatio <= storedByteCount
      : chunkByteCount <= storedByteCount
  }

  /// The elements of a chunk; nil if the stored bytes are not as the filters make them.
  ///
  /// - Parameter skipped: bit i is set where filter i was not applied to this chunk.
  package func decode(_ stored: [UInt8], skipping skipped: UInt32) -> [UInt8]? {
    let applied = filters.enumerated().filter { skipped >> UInt32($0.offset) & 1 == 0 }
      .map(\.element)
    // What each filter was given: only a checksum makes the bytes more by a number that is known.
    var given = chunkByteCount
    let givenCounts = applied.map { filter in
      defer { if filter == .fletcher32 { given += 4 } }
      return given
    }
    var bytes = stored
    for (filter, count) in zip(applied, givenCounts).reversed() {
      guard let undone = filter.undo(bytes, givingBytes: count) else { return nil }
      bytes = undone
    }
    return bytes.count == chunkByteCount ? bytes : nil
  }
}

extension HDF5File.Filter {
  /// The bytes that the filter was given, which were `count`; nil if it cannot have made these.
  fileprivate func undo(_ bytes: [UInt8], givingBytes count: Int) -> [UInt8]? {
    switch self {
    case .shuffle(let width): Self.unshuffled(bytes, width: width)
    case .deflate: Self.inflated(bytes, to: count)
    case .fletcher32: Self.checked(bytes)
    case .lzf: Self.lzfDecoded(bytes, to: count)
    case .other: nil
    }
  }

  private static func unshuffled(_ bytes: [UInt8], width: Int) -> [UInt8]? {
    guard width > 0 else { return nil }
    let count = bytes.count / width
    var result = bytes  // what does not make a whole element stays at the end
    for byte in 0..<width {
      for element in 0..<count { result[element * width + byte] = bytes[byte * count + element] }
    }
    return result
  }

  private static func inflated(_ bytes: [UInt8], to count: Int) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: count)
    var (written, read) = (uLong(count), uLong(bytes.count))
    guard uncompress2(&result, &written, bytes, &read) == Z_OK, written == count,
      read == bytes.count
    else { return nil }
    return result
  }

  /// The bytes before a right checksum.
  private static func checked(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let content = bytes.dropLast(4)
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return fletcher32(content) == stored ? Array(content) : nil
  }

  /// Fletcher's checksum of big-endian 16-bit words; a last byte alone is the upper half of one.
  private static func fletcher32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    func folded(_ sum: UInt32) -> UInt32 { sum & 0xffff + sum >> 16 }
    var (sum, sumOfSums): (UInt32, UInt32) = (0, 0)
    for index in stride(from: bytes.startIndex, to: bytes.endIndex, by: 2) {
      let low = index + 1 < bytes.endIndex ? UInt32(bytes[index + 1]) : 0
      sum = folded(sum + UInt32(bytes[index]) << 8 + low)
      sumOfSums = folded(sumOfSums + sum)
    }
    return sumOfSums << 16 | sum
  }

  /// LZF: a byte below 32 begins a run of so many and one more bytes; any other a copy of earlier
  /// bytes, three bits for its length and thirteen for its distance.
  private static func lzfDecoded(_ bytes: [UInt8], to count: Int) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var input = bytes[...]
    while let control = input.popFirst().map(Int.init) {
      if control < 32 {
        guard input.count > control else { return nil }
        result += input.prefix(control + 1)
        input = input.dropFirst(control + 1)
      } else {
        var length = control >> 5 + 2
        if control >> 5 == 7 {
          guard let more = input.popFirst() else { return nil }
          length += Int(more)
        }
        guard let low = input.popFirst() else { return nil }
        let distance = (control & 31) << 8 + Int(low) + 1
        guard distance <= result.count, length <= count - result.count else { return nil }
        // One by one: a copy may reach into itself.
        for _ in 0..<length { result.append(result[result.count - distance]) }
      }
      guard result.count <= count else { return nil }
    }
    return result.count == count ? result : nil
  }
}
