import Files
import TensorCore

@testable import HDF5

/// Gives the structures of a mutated HDF5 file right checksums.
///
/// Knows only where structures end, by the specification; it looks for those that tell of others,
/// whether anything leads to them or not. Whatever is nonsense is left as it is.
struct HDF5Checksums {
  private(set) var bytes: [UInt8]
  private let base: Int
  private var addressWidth = 8
  private var lengthWidth = 8
  private var sealed: Set<Int> = []

  private static let signature: [UInt8] = [0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a]

  /// Where a file begins behind its user block; nil for other bytes.
  static func begin(of bytes: [UInt8]) -> Int? {
    var start = 0
    while start + 8 <= bytes.count {
      if bytes[start..<start + 8].elementsEqual(signature) { return start }
      start = start == 0 ? 512 : 2 * start
    }
    return nil
  }

  /// The file with right checksums.
  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard let base = begin(of: bytes) else { return bytes }
    var file = HDF5Checksums(bytes: bytes, base: base)
    file.repairMetadata()
    file.repairChunks()
    return file.bytes
  }

  private init(bytes: [UInt8], base: Int) {
    (self.bytes, self.base) = (bytes, base)
  }

  private mutating func repairMetadata() {
    let version = number(base + 8, 1) ?? 0
    let widths = version < 2 ? base + 13 : base + 9
    guard let addresses = number(widths, 1), let lengths = number(widths + 1, 1),
      [2, 4, 8].contains(addresses), [2, 4, 8].contains(lengths)
    else { return }
    (addressWidth, lengthWidth) = (addresses, lengths)
    if version > 1 { seal(base, 12 + 4 * addresses + 4) }
    for start in Self.signatures(in: bytes) {
      switch String(decoding: bytes[start..<start + 4], as: UTF8.self) {
      case "OHDR": header(start)
      case "FRHP": heap(start)
      case "BTHD": tree(start)
      case "FAHD": fixedArray(start)
      case "EAHD": extensibleArray(start)
      default: break
      }
    }
  }

  /// Where four capital letters begin: structures have them, and hardly anything else.
  static func signatures(in bytes: [UInt8]) -> [Int] {
    var starts: [Int] = []
    var count = 0
    for (index, byte) in bytes.enumerated() {
      count = byte &- 0x41 < 26 ? count + 1 : 0
      if count >= 4 { starts.append(index - 3) }
    }
    return starts
  }

  // MARK: Object headers

  private mutating func header(_ start: Int) {
    guard let flags = number(start + 5, 1) else { return }
    let place = start + 6 + (flags & 0x20) / 2 + (flags & 0x10) / 4
    let width = 1 << (flags & 3)
    guard let count = number(place, width) else { return }
    seal(start, place + width + count + 4 - start)
    var runs = [place + width..<place + width + count]
    while let run = runs.popLast() {
      var message = run.lowerBound
      while let count = number(message + 1, 2), message + 4 <= run.upperBound {
        let body = message + 4 + (flags & 4) / 2
        if number(message, 1) == 0x10, let next = address(body),
          let length = number(body + addressWidth, lengthWidth), seal(next, length)
        {
          runs.append(next + 4..<max(next + length - 4, next + 4))
        }
        message = body + count
      }
    }
  }

  // MARK: Fractal heaps

  private mutating func heap(_ start: Int) {
    let place = start + 14 + 10 * lengthWidth + 2 * addressWidth
    let behind = place + 2 + 2 * lengthWidth
    guard let flags = number(start + 9, 1), let width = number(place, 2),
      let smallest = number(place + 2, lengthWidth),
      let direct = number(place + 2 + lengthWidth, lengthWidth), let bits = number(behind, 2),
      let rows = number(behind + 4 + addressWidth, 2)
    else { return }
    seal(start, behind + 4 + addressWidth + 2 + 4 - start)
    guard let root = address(behind + 4), 1...64 ~= width, smallest > 0, bits < 64 else { return }
    let prefix = 5 + addressWidth + (bits + 7) / 8
    var blocks = [(root, rows == 0 ? smallest : 0, rows)]
    while let (block, count, rows) = blocks.popLast() {
      guard count == 0 else {
        guard flags & 2 != 0, number(block + prefix, 4) != nil, block + count <= bytes.count
        else { continue }
        for index in 0..<4 { bytes[block + prefix + index] = 0 }
        write(Lookup3.checksum(of: Array(bytes[block..<block + count])), at: block + prefix)
        continue
      }
      guard rows < 40, seal(block, prefix + rows * width * addressWidth + 4) else { continue }
      for index in 0..<rows * width {
        guard let child = address(block + prefix + index * addressWidth) else { continue }
        let count = smallest << max(index / width - 1, 0)
        let below = count.trailingZeroBitCount - smallest.trailingZeroBitCount
        blocks.append(
          count <= direct ? (child, count, 0) : (child, 0, below - width.trailingZeroBitCount + 1))
      }
    }
  }

  // MARK: B-trees

  private mutating func tree(_ start: Int) {
    guard let nodeCount = number(start + 6, 4), let recordCount = number(start + 10, 2),
      let depth = number(start + 12, 2), let count = number(start + 16 + addressWidth, 2),
      recordCount > 0, depth < 4
    else { return }
    seal(start, 18 + addressWidth + lengthWidth + 4)
    guard let root = address(start + 16) else { return }
    let limit = max(nodeCount - 10, 0) / recordCount
    let countWidth = BTree2.width(upTo: limit)
    var totals = [limit]
    var pointers = [0]
    for level in 1..<depth + 1 {
      let total = level > 1 ? BTree2.width(upTo: totals[level - 1]) : 0
      pointers.append(addressWidth + countWidth + total)
      let limit = max(nodeCount - 10 - pointers[level], 0) / (recordCount + pointers[level])
      totals.append(((limit &+ 1) &* totals[level - 1] &+ limit) & 0xffff_ffff_ffff)
    }
    var nodes = [(root, depth, count)]
    while let (node, depth, count) = nodes.popLast() {
      let children = node + 6 + count * recordCount
      let pointerCount = depth > 0 ? count + 1 : 0
      guard seal(node, 6 + count * recordCount + pointerCount * pointers[depth] + 4) else {
        continue
      }
      for index in 0..<pointerCount {
        let place = children + index * pointers[depth]
        guard let child = address(place), let count = number(place + addressWidth, countWidth)
        else { continue }
        nodes.append((child, depth - 1, count))
      }
    }
  }

  // MARK: Arrays of chunks

  private mutating func fixedArray(_ start: Int) {
    guard let width = number(start + 6, 1), let bits = number(start + 7, 1),
      let count = number(start + 8, lengthWidth), count < bytes.count, bits < 20
    else { return }
    seal(start, 8 + lengthWidth + addressWidth + 4)
    guard let block = address(start + 8 + lengthWidth) else { return }
    let prefix = 6 + addressWidth
    guard count > 1 << bits else {
      seal(block, prefix + count * width + 4)
      return
    }
    let head = prefix + ((count - 1) >> bits + 8) / 8 + 4
    seal(block, head)
    for first in stride(from: 0, to: count, by: 1 << bits) {
      let pages = first >> bits
      seal(
        block + head + first * width + 4 * pages, min(1 << bits, count - first) * width + 4)
    }
  }

  private mutating func extensibleArray(_ start: Int) {
    let fields = (0..<6).compactMap { number(start + 6 + $0, 1) }
    guard fields.count == 6, fields[1] < 61, fields[3] > 0, fields[4] > 0, fields[5] < 20 else {
      return
    }
    seal(start, 12 + 6 * lengthWidth + addressWidth + 4)
    guard let index = address(start + 12 + 6 * lengthWidth) else { return }
    let (width, smallest) = (fields[0], fields[3])
    let prefix = 6 + addressWidth
    let superCount = max(1 + fields[1] - smallest.trailingZeroBitCount, 0)
    let direct = min(2 * fields[4].trailingZeroBitCount, superCount)
    var place = index + prefix + fields[2] * width
    for number in 0..<direct {
      for _ in 0..<1 << (number / 2) {
        if let block = address(place) { dataBlock(block, number, fields) }
        place += addressWidth
      }
    }
    for number in direct..<superCount {
      if let block = address(place) { superBlock(block, number, fields) }
      place += addressWidth
    }
    seal(index, place + 4 - index)
  }

  private mutating func superBlock(_ block: Int, _ superBlock: Int, _ fields: [Int]) {
    let count = fields[3] << ((superBlock + 1) / 2)
    let blockCount = 1 << (superBlock / 2)
    guard blockCount < bytes.count, count < bytes.count else { return }
    let mask = count > 1 << fields[5] ? (count >> fields[5] + 7) / 8 : 0
    var place = block + 6 + addressWidth + (fields[1] + 7) / 8 + blockCount * mask
    for _ in 0..<blockCount {
      if let block = address(place) { dataBlock(block, superBlock, fields) }
      place += addressWidth
    }
    seal(block, place + 4 - block)
  }

  private mutating func dataBlock(_ block: Int, _ superBlock: Int, _ fields: [Int]) {
    let count = fields[3] << ((superBlock + 1) / 2)
    let head = 6 + addressWidth + (fields[1] + 7) / 8
    let page = 1 << fields[5]
    guard count > page, count < bytes.count else {
      seal(block, head + count * fields[0] + 4)
      return
    }
    seal(block, head + 4)
    for number in 0..<count / page {
      seal(block + head + 4 + number * (page * fields[0] + 4), page * fields[0] + 4)
    }
  }

  // MARK: Chunks

  /// The checksums of chunks whose last filter is one: where they are, the reader itself says.
  private mutating func repairChunks() {
    let input = InputFile(path: "mutated.h5", bytes: Bytes(bytes))
    guard let datasets = try? HDF5File(input).root.datasets else { return }
    for dataset in datasets {
      guard case .chunked(_, let filters) = dataset.storage, filters.last == .fletcher32,
        case .chunks(let chunks) = dataset.pieces
      else { continue }
      for chunk in chunks where chunk.range.count > 4 {
        let content = chunk.range.dropLast(4)
        write(fletcher32(bytes[content]), at: content.upperBound)
      }
    }
  }

  private func fletcher32(_ content: ArraySlice<UInt8>) -> UInt32 {
    var (sum, sumOfSums) = (0, 0)
    for index in stride(from: content.startIndex, to: content.endIndex, by: 2) {
      let low = index + 1 < content.endIndex ? Int(content[index + 1]) : 0
      sum += Int(content[index]) << 8 + low
      sum = sum & 0xffff + sum >> 16
      sumOfSums += sum
      sumOfSums = sumOfSums & 0xffff + sumOfSums >> 16
    }
    return UInt32(sumOfSums << 16 | sum)
  }

  // MARK: Bytes

  /// A little-endian number; nil beyond the end, and for one that nothing here can be.
  private func number(_ start: Int, _ width: Int) -> Int? {
    guard start >= 0, start <= bytes.count - width else { return nil }
    let value = bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value < 1 << 40 ? Int(value) : nil
  }

  /// A place in the file.
  private func address(_ start: Int) -> Int? {
    number(start, addressWidth).flatMap { $0 + base < bytes.count ? $0 + base : nil }
  }

  private mutating func write(_ checksum: UInt32, at place: Int) {
    for index in 0..<4 {
      bytes[place + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index))
    }
  }

  /// Puts the checksum of a structure into its last four bytes, unless it is a page of an array
  /// that was never written.
  ///
  /// - Returns: whether there is room for one that was not put there before.
  @discardableResult
  private mutating func seal(_ start: Int, _ count: Int) -> Bool {
    guard start >= 0, count > 4, count <= bytes.count - start, sealed.insert(start).inserted else {
      return false
    }
    let end = start + count - 4
    guard bytes[start..<end].contains(where: { $0 != 0 }) else { return true }
    write(Lookup3.checksum(of: Array(bytes[start..<end])), at: end)
    return true
  }
}
