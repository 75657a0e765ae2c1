import Containers
import Files
import TensorCore
import TestSupport
import Testing

@testable import HDF5

/// Files in which much is told by few bytes: names and objects that lie within each other. What is
/// read must not be more than the file has.
@Suite struct SharedBytesTests {
  private static func read(_ bytes: [UInt8]) throws(FormatError) -> HDF5File {
    try HDF5File(InputFile(path: "shared.h5", bytes: Bytes(bytes)), readsAttributes: true)
  }

  /// A file of the old kind with soft links, whose names are at offsets of their heap, all of which
  /// are `length` bytes.
  private static func links(named offsets: [Int], _ names: [UInt8], lastKey: Int) -> [UInt8] {
    let none = [UInt8](repeating: 0xff, count: 8)
    let heap = 232
    let node = heap + names.count
    let end = node + 8 + 40 * offsets.count
    let signature: [UInt8] = [0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a]
    var bytes: [UInt8] = signature + [0, 0, 0, 0, 0, 8, 8, 0]
    bytes += little(UInt16((offsets.count + 1) / 2)) + little(UInt16(1)) + little(UInt32(0))
    bytes += little(UInt64(0)) + none + little(UInt64(end)) + none
    bytes += little(UInt64(0)) + little(UInt64(96)) + [UInt8](repeating: 0, count: 24)
    bytes += [1, 0] + little(UInt16(1)) + little(UInt32(1)) + little(UInt32(24)) + [0, 0, 0, 0]
    bytes += little(UInt16(0x11)) + little(UInt16(16)) + [0, 0, 0, 0]
    bytes += little(UInt64(136)) + little(UInt64(200))
    bytes += Array("TREE".utf8) + [0, 0] + little(UInt16(1)) + none + none
    bytes += little(UInt64(0)) + little(UInt64(node)) + little(UInt64(lastKey))
    bytes += [UInt8](repeating: 0, count: 16)  // room for another child
    bytes += Array("HEAP".utf8) + [0, 0, 0, 0] + little(UInt64(names.count)) + little(UInt64(1))
    bytes += little(UInt64(heap)) + names
    bytes += Array("SNOD".utf8) + [1, 0] + little(UInt16(offsets.count))
    for offset in offsets {
      bytes += little(UInt64(offset)) + none + little(UInt32(2))
      bytes += [UInt8](repeating: 0, count: 20)
    }
    return bytes
  }

  @Test func `names that are the ends of each other are refused`() throws {
    // Each name is the rest of the one before: "aaaaaaab", "aaab"...
    let count = 100
    let long = [UInt8](repeating: 0x61, count: 8 * count - 2) + [0x62, 0]
    let names = [UInt8](repeating: 0, count: 8) + long
    let offsets = (1...count).map { 8 * $0 }
    let bytes = Self.links(named: offsets, names, lastKey: offsets[count - 1])
    let error = #expect(throws: FormatError.self) { try Self.read(bytes) }
    #expect(error?.reason.hasPrefix("expected names of their own in 808 bytes") == true)

    // The same file with names of their own is read.
    var short: [UInt8] = []
    for number in 0..<count {
      short += Array("a\(number / 10)\(number % 10)".utf8) + [UInt8](repeating: 0, count: 5)
    }
    let sound = Self.links(
      named: offsets, [UInt8](repeating: 0, count: 8) + short, lastKey: offsets[count - 1])
    #expect(try Self.read(sound).root.members.count == count)
  }

  @Test func `objects of a heap within each other are refused`() throws {
    let structures = try InputFile(path: Places.fixture("hdf5-structures/structures.zip"))
    let archive = try ZipArchive(structures.bytes)
    let member = try #require(archive["new-names.h5"])
    var bytes = try archive.contents(of: member).array
    #expect(try Self.read(bytes).root.members.count == 70)
    // The lowest node of the tree of names: after its head, records of a hash and seven bytes that
    // lead to the link.
    let node = try #require(
      bytes.indices.dropLast(4).first { bytes[$0..<$0 + 4].elementsEqual("BTLF".utf8) })
    let record = node + 6
    // The second link takes the first one's place, less its first byte.
    var place = Array(bytes[record + 4..<record + 11])
    place[1] += 1
    bytes.replaceSubrange(record + 15..<record + 22, with: place)
    let count = Self.recordCount(ofNodeAt: node, in: bytes)
    let end = record + 11 * count
    bytes.replaceSubrange(
      end..<end + 4, with: little(Lookup3.checksum(of: Array(bytes[node..<end]))))
    let error = #expect(throws: FormatError.self) { try Self.read(bytes) }
    #expect(error?.kind == .badModel, "\(error?.description ?? "")")
  }

  /// As many records as are before the checksum that is there.
  private static func recordCount(ofNodeAt node: Int, in bytes: [UInt8]) -> Int {
    (1...45).last { count in
      let end = node + 6 + 11 * count
      return Array(bytes[end..<end + 4]) == little(Lookup3.checksum(of: Array(bytes[node..<end])))
    } ?? 0
  }

  @Test func `a long name before many others is not counted for each without a limit`() throws {
    let members = (0..<2400).map { ("\($0)", HDF5Draft.Object.group(.init(members: []))) }
    let group = HDF5Draft.Group(members: members)
    func file(_ nameByteCount: Int) throws -> [UInt8] {
      let name = String(repeating: "x", count: nameByteCount)
      let layout = try HDF5Layout(HDF5Draft(root: .init(members: [(name, .group(group))])))
      return layout.pieces.flatMap { $0.made().array }
    }
    #expect(try Self.read(file(6000)).root.members.count == 1)
    let long = try file(30000)
    let error = #expect(throws: FormatError.self) { try Self.read(long) }
    #expect(error?.kind == .refused)
    #expect(error?.reason.hasPrefix("expected paths of at most 67108864 bytes in a file") == true)
  }
}
