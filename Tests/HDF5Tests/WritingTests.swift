import Files
import TensorCore
import TestSupport
import Testing

@testable import HDF5

/// Files that are written here, as the library reads them.
@Suite struct WritingTests {
  private static func bytes(of draft: HDF5Draft) throws -> (HDF5Layout, Bytes) {
    let layout = try HDF5Layout(draft)
    let bytes = layout.pieces.flatMap { $0.made().array }
    #expect(bytes.count == layout.byteCount)
    return (layout, Bytes(bytes))
  }

  private static func read(_ draft: HDF5Draft) throws -> HDF5File {
    try HDF5File(
      InputFile(path: "draft.h5", bytes: try bytes(of: draft).1), readsAttributes: true)
  }

  private static let longText = String(repeating: "ä{}", count: 100_000)
  private static let kernel = Tensor([2, 3], [1, 2, 3, 4, 5, 6] as [Float])

  @Test func `groups, datasets and attributes are read as they were drafted`() throws {
    let inner = HDF5Draft.Group(members: [("kernel:0", .dataset(Self.kernel))])
    let file = try Self.read(
      HDF5Draft(
        root: HDF5Draft.Group(
          members: [
            ("conv1", .group(inner)), ("empty", .group(.init())),
            ("größe", .dataset(Tensor([1], [2.5] as [Double]))),
          ],
          attributes: [
            ("backend", .string("tensorflow")), ("names", .strings(["conv1", "größe", ""])),
            ("none", .strings([])), ("config", .text(Self.longText)),
          ])))
    #expect(file.root.members.map(\.name) == ["conv1", "empty", "größe"])
    #expect(file.root.attributes["backend"] == .strings(["tensorflow"]))
    #expect(file.root.attributes["names"] == .strings(["conv1", "größe", ""]))
    #expect(file.root.attributes["none"] == .strings([]))
    let isSame = file.root.attributes["config"] == .strings([Self.longText])
    #expect(isSame)
    guard case .group(let group)? = file.root["conv1"],
      case .dataset(let kernel)? = group["kernel:0"], case .dataset(let size)? = file.root["größe"]
    else {
      Issue.record("missing objects")
      return
    }
    #expect(try file.tensor(kernel).isBitEqual(to: Self.kernel))
    #expect(try file.tensor(size).doubles == [2.5])
  }

  @Test(arguments: [ElementType.float16, .float32, .float64, .bfloat16])
  func `every type of number is read as it was written`(_ type: ElementType) throws {
    let tensor = Tensor(
      shape: [3], elementType: type,
      bytes: Bytes((0..<UInt8(3 * type.byteCount)).map { $0 &* 37 }))!
    let file = try Self.read(HDF5Draft(root: .init(members: [("x", .dataset(tensor))])))
    guard case .dataset(let dataset)? = file.root["x"] else {
      Issue.record("no dataset")
      return
    }
    #expect(dataset.elements == .numbers(type, isBigEndian: false))
    #expect(try file.tensor(dataset).isBitEqual(to: tensor))
  }

  @Test func `elements begin where the layout says, at multiples of 64`() throws {
    let (layout, bytes) = try Self.bytes(
      of: HDF5Draft(
        root: .init(members: [("a", .dataset(Self.kernel)), ("b", .dataset(Self.kernel))])))
    #expect(layout.datasets.map(\.path) == ["/a", "/b"])
    for dataset in layout.datasets {
      #expect(dataset.byteOffset % 64 == 0)
      let found = bytes.slice(from: dataset.byteOffset, count: Self.kernel.byteCount)
      #expect(found == Self.kernel.storedBytes)
    }
  }

  @Test func `tensors without elements and several texts are written`() throws {
    let empty = Tensor([0, 3], [] as [Float])
    let groups = (0..<3).map { index in
      let texts = (0..<index).map { ("t\($0)", HDF5Draft.Attribute.text("text \(index) \($0)")) }
      return ("g\(index)", HDF5Draft.Object.group(.init(attributes: texts)))
    }
    let file = try Self.read(
      HDF5Draft(root: .init(members: groups + [("none", .dataset(empty))])))
    guard case .group(let last)? = file.root["g2"], case .dataset(let none)? = file.root["none"]
    else {
      Issue.record("missing objects")
      return
    }
    #expect(last.attributes == ["t0": .strings(["text 2 0"]), "t1": .strings(["text 2 1"])])
    #expect(try file.tensor(none).shape == [0, 3])
  }

  @Test func `thousands of objects in one group are found`() throws {
    let members = (0..<5000).map { ("layer_\($0)", HDF5Draft.Object.group(.init())) }
    let file = try Self.read(HDF5Draft(root: .init(members: members)))
    #expect(file.root.members.count == 5000)
    #expect(file.root["layer_4999"] != nil)
  }

  @Test func `the same draft gives the same bytes`() throws {
    let draft = HDF5Draft(
      root: .init(
        members: [("a", .dataset(Self.kernel))], attributes: [("config", .text("{}"))]))
    #expect(try Self.bytes(of: draft).1 == Self.bytes(of: draft).1)
  }

  @Test(
    arguments: [
      (HDF5Draft.Group(members: [("a/b", .group(.init()))]), "/: HDF5 has no object named a/b"),
      (
        .init(members: [("g", .group(.init(members: [("", .group(.init()))])))]),
        "/g: HDF5 has no object named "
      ),
      (
        .init(members: [("a", .group(.init())), ("a", .group(.init()))]),
        "/: two objects have the name a"
      ),
      (
        .init(attributes: [("a", .string("")), ("a", .string(""))]),
        "/: two attributes have the name a"
      ),
      (
        .init(attributes: [("long", .string(String(repeating: "x", count: 64513)))]),
        "/: expected at most 64512 bytes in the attribute long, found 64513"
      ),
    ] as [(HDF5Draft.Group, String)])
  func `what HDF5 cannot hold is refused`(_ root: HDF5Draft.Group, _ message: String) {
    let error = #expect(throws: FormatError.self) { try HDF5Layout(HDF5Draft(root: root)) }
    #expect(error?.description == message)
  }

  /// Values of Jenkins' own driver.
  @Test(
    arguments: [
      ("", 0xdead_beef), ("Four score and seven years ago", 0x1777_0551),
    ] as [(String, UInt32)])
  func `the checksum is that of lookup3`(_ text: String, _ expected: UInt32) {
    #expect(Lookup3.checksum(of: Array(text.utf8)) == expected)
  }
}
