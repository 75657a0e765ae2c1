import Files
import TestSupport
import Testing

@testable import HDF5

/// What is attached to groups and datasets.
@Suite struct AttributeTests {
  private static func open(_ name: String) throws -> InputFile {
    try InputFile(path: Places.fixture("keras/\(name).h5"))
  }

  @Test(
    arguments: [
      ("fixed array", .strings(["conv1", "a"])),
      ("fixed utf-8", .strings(["größe"])),
      ("variable ascii", .strings(["theano"])),
      ("variable array", .strings(["x/y", "", "größe"])),
      ("spaces", .strings(["a b"])),
      ("no strings", .strings([])),
      ("empty array", .numbers([])),
      ("null", .other("nothing")),
      ("integer", .integers([-7])),
      ("big-endian integers", .integers([1, 2, 3])),
      ("number", .numbers([0.25])),
      ("truth", .other("enumerated values")),
    ] as [(String, HDF5File.Attribute)])
  func `an attribute is read as what it is`(_ name: String, _ expected: HDF5File.Attribute) throws {
    let file = try HDF5File(Self.open("attributes"), readsAttributes: true)
    #expect(file.root.attributes[name] == expected)
  }

  @Test func `attributes beyond the header of their object are read`() throws {
    let root = try HDF5File(Self.open("attributes"), readsAttributes: true).root
    #expect(root.attributes["long"] == .strings([String(repeating: "x", count: 100_000)]))
    guard case .strings(let names)? = root.attributes["long fixed"] else {
      Issue.record("no strings")
      return
    }
    #expect(names.count == 9000 && names[17] == "layer_0017" && names[8999] == "layer_8999")
  }

  @Test func `datasets have attributes too`() throws {
    let file = try HDF5File(Self.open("attributes"), readsAttributes: true)
    #expect(try file.dataset("/data").attributes == ["dtype": .strings(["bfloat16"])])
  }

  @Test func `attributes are not read unless they are asked for`() throws {
    #expect(try HDF5File(Self.open("attributes")).root.attributes.isEmpty)
    #expect(try HDF5File(Self.open("attribute-not-utf8")).root.members.count == 1)
  }

  @Test func `the names of the root's attributes are found alone`() throws {
    let names = try HDF5File.attributeNames(inRootOf: Self.open("attributes"))
    #expect(names.count == 14 && names.contains("big-endian integers"))
  }

  @Test func `text that is not UTF-8 is refused with its place`() throws {
    let error = #expect(throws: FormatError.self) {
      try HDF5File(Self.open("attribute-not-utf8"), readsAttributes: true)
    }
    #expect(error?.location == .object("/layer@weight_names"))
    #expect(error?.reason == "expected text in UTF-8, found other bytes")
  }
}
