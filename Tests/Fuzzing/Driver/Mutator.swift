import LibFuzzer
import TensorCore

@testable import Containers

/// libFuzzer's mutations, made inside the form of an input: a file whose addresses, checksums and
/// directory are still right gets past the door.
struct Mutator {
  /// The most bytes that an input may have.
  let limit: Int
  private var state: UInt64

  /// The same seed mutates the same way.
  init(seed: UInt32, limit: Int) {
    state = UInt64(seed)
    self.limit = limit
  }

  /// What becomes of an input of a target.
  mutating func mutated(_ bytes: [UInt8], for target: FuzzTarget) -> [UInt8] {
    switch target {
    case .hdf5, .keras, .archive, .npz: mutatedFile(bytes, atMost: limit)
    default: plain(bytes, atMost: limit)
    }
  }

  /// By what the bytes are.
  private mutating func mutatedFile(_ bytes: [UInt8], atMost limit: Int) -> [UInt8] {
    if let archive = try? ZipArchive(Bytes(bytes)), !archive.members.isEmpty {
      return mutated(archive, bytes, atMost: limit)
    }
    return HDF5Checksums.begin(of: bytes) != nil
      ? mutatedHDF5(bytes, atMost: limit) : plain(bytes, atMost: limit)
  }

  // MARK: Archives

  /// An archive with one member mutated; now and then its own bytes, with the right checksums.
  private mutating func mutated(
    _ archive: ZipArchive, _ bytes: [UInt8], atMost limit: Int
  ) -> [UInt8] {
    guard random(below: 4) > 0 else {
      let changed =
        random(below: 2) > 0 ? windowed(bytes) : plain(bytes, atMost: limit)
      return random(below: 8) > 0 ? ZipChecksums.repaired(changed) : changed
    }
    var contents: [(name: String, bytes: [UInt8])] = []
    for member in archive.members {
      guard let content = try? archive.contents(of: member) else { continue }
      contents.append((member.name, content.array))
    }
    guard !contents.isEmpty else { return plain(bytes, atMost: limit) }
    let chosen = random(below: contents.count)
    let rest = contents.enumerated().reduce(0) {
      $1.offset == chosen ? $0 : $0 + $1.element.bytes.count
    }
    let room = max(limit - rest - 256 * contents.count, 64)
    if contents.count > 1, random(below: 16) == 0 {
      contents.remove(at: chosen)
    } else {
      contents[chosen].bytes = mutatedFile(contents[chosen].bytes, atMost: room)
    }
    var writer = ZipWriter()
    for (name, content) in contents { _ = try? writer.add(name, [.stored(Bytes(content))]) }
    let rebuilt = writer.finished().flatMap { $0.made().array }
    return rebuilt.count <= limit ? rebuilt : plain(bytes, atMost: limit)
  }

  // MARK: HDF5

  /// A file of HDF5 with some bytes changed in their places, and the right checksums; now and then
  /// with anything changed.
  private mutating func mutatedHDF5(_ bytes: [UInt8], atMost limit: Int) -> [UInt8] {
    var changed = bytes
    if random(below: 8) == 0 {
      changed = plain(bytes, atMost: limit)
    } else {
      for _ in 0...random(below: 2) { changed = windowed(changed) }
    }
    return random(below: 8) > 0 ? HDF5Checksums.repaired(changed) : changed
  }

  /// Changes a few bytes and leaves all others where they are.
  private mutating func windowed(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return plain(bytes, atMost: limit) }
    // Behind a signature as often as anywhere: there the numbers are that lead on.
    var start = random(below: bytes.count)
    if random(below: 2) == 0 {
      let letters = HDF5Checksums.signatures(in: bytes)
      if !letters.isEmpty { start = letters[random(below: letters.count)] + random(below: 64) }
    }
    start = min(start, bytes.count - 1)
    let count = min([1, 2, 4, 8, 16, 32][random(below: 6)], bytes.count - start)
    let window = plain(Array(bytes[start..<start + count]), atMost: count)
    var changed = bytes
    changed.replaceSubrange(start..<start + window.count, with: window)
    return changed
  }

  // MARK: Anything

  private func plain(_ bytes: [UInt8], atMost limit: Int) -> [UInt8] {
    let room = max(limit, bytes.count)
    let count = min(bytes.count, limit)
    return [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
      buffer.initialize(repeating: 0)
      for index in 0..<count { buffer[index] = bytes[index] }
      initialized = LLVMFuzzerMutate(buffer.baseAddress, count, limit)
    }
  }

  /// SplitMix64.
  private mutating func random(below bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((word ^ word >> 31) % UInt64(bound))
  }
}
