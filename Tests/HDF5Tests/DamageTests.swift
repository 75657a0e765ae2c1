import Files
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import HDF5

/// Files with bits that are not as they were written: refused wherever the format lets it be known.
@Suite struct DamageTests {
  private static let kernel = Tensor([2, 2], [1, 2, 3, 4] as [Float])

  /// A file of our own writing, in which every structure but the texts has a checksum.
  private static let draft: (bytes: [UInt8], end: Int) = {
    let group = HDF5Draft.Group(
      members: [("kernel", .dataset(kernel)), ("bias", .dataset(kernel))],
      attributes: [("names", .strings(["kernel", "bias"]))])
    guard let layout = try? HDF5Layout(HDF5Draft(root: .init(members: [("g", .group(group))])))
    else { return ([], 0) }
    return (
      layout.pieces.flatMap { $0.made().array }, layout.datasets.map(\.byteOffset).min() ?? 0
    )
  }()

  private static func read(_ bytes: [UInt8]) throws(FormatError) -> [String] {
    try HDF5File(InputFile(path: "damaged.h5", bytes: Bytes(bytes)), readsAttributes: true)
      .description
  }

  @Test func `a flipped bit is refused where there is a checksum`() throws {
    let (bytes, end) = Self.draft
    let expected = try Self.read(bytes)
    #expect(expected.count == 5)
    for bit in 0..<8 * end {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      // Between the headers are gaps of a few bytes, which nobody reads.
      guard let found = try? Self.read(damaged) else { continue }
      #expect(found == expected, "bit \(bit)")
    }
  }

  @Test func `a file behind a user block is the same, whoever put it there`() throws {
    let expected = try Self.read(Self.draft.bytes)
    for count in [512, 1024, 4096] {
      #expect(try Self.read([UInt8](repeating: 0x20, count: count) + Self.draft.bytes) == expected)
    }
    #expect(throws: FormatError.self) {
      try Self.read([UInt8](repeating: 0x20, count: 100) + Self.draft.bytes)
    }
  }

  /// A file of the old kind without checksums, with the elements of two datasets in one place.
  @Test func `two objects in one place are refused`() throws {
    let input = try HostileFileTests.input("integers")
    let file = try HDF5File(input)
    guard case .contiguous(let data?) = try file.dataset("/data").storage,
      case .contiguous(let good?) = try file.dataset("/good").storage
    else {
      Issue.record("no runs")
      return
    }
    var bytes = input.bytes.array
    let place = try #require(
      bytes.indices.dropLast(8).first { Array(bytes[$0..<$0 + 8]) == little(UInt64(data)) })
    bytes.replaceSubrange(place..<place + 8, with: little(UInt64(good)))
    let error = #expect(throws: FormatError.self) { try Self.read(bytes) }
    #expect(error?.kind == .badModel)
    #expect(error?.reason.contains("expected a place of its own for elements at byte") == true)
    bytes.replaceSubrange(place..<place + 8, with: little(UInt64(8)))
    let other = #expect(throws: FormatError.self) { try Self.read(bytes) }
    #expect(other?.reason.hasSuffix("found a superblock of / from byte 0 to 95") == true)
  }

  @Test func `what is not read is told from damage`() throws {
    var bytes = try HostileFileTests.input("integers").bytes.array
    func unsupported() -> FormatError? {
      HDF5File.unsupportedFeature(of: InputFile(path: "x.h5", bytes: Bytes(bytes)))
    }
    #expect(unsupported() == nil)
    // The address of a driver's block, in a superblock of version 0.
    bytes.replaceSubrange(48..<56, with: little(UInt64(96)))
    #expect(unsupported()?.kind == .unsupported)
    #expect(
      unsupported()?.reason == "expected a file without a driver's block at byte 0, found one")
    bytes[8] = 9
    #expect(
      unsupported()?.reason == "expected a superblock of version 0 to 3 at byte 8, found 9")
    #expect(throws: FormatError.self) { try Self.read(bytes) }
    bytes = Array(bytes.prefix(1000))
    bytes[8] = 0
    #expect(unsupported() == nil)

    let filtered = try HDF5File(HostileFileTests.input("unknown-filter"))
    #expect(try filtered.dataset("/data").unsupportedFeature?.kind == .unsupported)
    #expect(try filtered.dataset("/good").unsupportedFeature == nil)
  }

  /// A value or an error, never a trap; the seeds give the same files each time.
  @Test(arguments: [
    "snapshots/foreign.caffemodel.h5", "snapshots/repacked.caffemodel.h5", "keras/attributes.h5",
    "hostile-hdf5/cumulative-bomb.h5", "hostile-hdf5/virtual-here.h5",
  ])
  func `no damage ends the process`(name: String) throws {
    let original = try InputFile(path: Places.fixture(name)).bytes.array
    var generator = SeededGenerator(seed: 17)
    for number in 0..<1000 {
      var bytes = original
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch number % 4 {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.removeSubrange(place...)
      default:
        let word = little(
          [UInt64.max, 1 << 63, UInt64(bytes.count), 0].randomElement(using: &generator)!)
        bytes.replaceSubrange(
          place..<min(place + 8, bytes.count), with: word.prefix(bytes.count - place))
      }
      _ = try? Self.read(bytes)
    }
  }

  /// Files that killed libhdf5 or kept it busy for ever; skipped without real data.
  private static let reported: [String] = {
    guard let data = Places.realData else { return [] }
    let names =
      FileManager.default.enumerator(atPath: "\(data)/hostile-hdf5")?
      .compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".h5") }.sorted()
  }()

  @Test(arguments: reported)
  func `a reported file gives a value or one error`(name: String) throws {
    let input = try InputFile(path: "\(Places.realData ?? "")/hostile-hdf5/\(name)")
    guard ["1bit", "1byte", "bomb", "addr_"].contains(where: { name.contains($0) }) else {
      _ = try? HDF5File(input, readsAttributes: true).description
      return
    }
    #expect(throws: FormatError.self) { try HDF5File(input, readsAttributes: true) }
  }

  @Test(
    arguments: [
      (1000..<1036, [100..<200, 236..<300, 300..<400], true),
      // Of another size than the hole; beside others.
      (1000..<1035, [100..<200, 236..<300, 300..<400], false),
      (400..<436, [100..<200, 236..<300, 300..<400], false),
      // With a second hole, as aligned elements have; with the one behind itself.
      (1000..<1036, [100..<200, 236..<300, 300..<400, 500..<600, 600..<700], false),
      (110..<142, [174..<228, 228..<300], false),
    ] as [(Range<Int>, [Range<Int>], Bool)])
  func `elements amid bytes of nobody are refused where their hole is elsewhere`(
    stray: Range<Int>, others: [Range<Int>], isRefused: Bool
  ) throws {
    var map = FileMap()
    for range in [0..<100, 2000..<2100] { try map.claim(range, .header) }
    for range in others { try map.claim(range, .elements) }
    map.owner = "/stray"
    try map.claim(stray, .elements)
    if isRefused {
      #expect(throws: Fault.self) { try map.check() }
    } else {
      try map.check()
    }
  }
}
