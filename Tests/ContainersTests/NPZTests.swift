import Files
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import Containers

@Suite struct `An npz file` {
  static let arrays: [(name: String, tensor: Tensor)] = [
    ("input", Tensor([2, 3], [1.5, -2, .infinity, 0.1, -0.0, 5] as [Float])),
    ("res2a/branch#first12ch", Tensor([], [Double.pi])),
    ("empty", Tensor([0, 4], [] as [Float])),
    ("half", Tensor(shape: [1], elementType: .float16, bytes: Bytes([0, 0x3e]))!),
  ]

  @Test func `arrays come back in their order, bit by bit and aligned to 64`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try NPZ.write(Self.arrays, to: OutputFile(path: path, replacing: false))
      let read = try NPZ.read(InputFile(path: path))
      #expect(read.map(\.name) == Self.arrays.map(\.name))
      for (found, expected) in zip(read, Self.arrays) {
        #expect(found.tensor.isBitEqual(to: expected.tensor), "\(expected.name)")
        #expect(found.tensor.storedBytes.map { $0.offset % 64 } == 0)
      }
    }
  }

  @Test func `the same arrays give the same bytes`() throws {
    try withTemporaryFolder { folder in
      for name in ["a", "b"] {
        try NPZ.write(Self.arrays, to: OutputFile(path: folder + "/" + name, replacing: false))
      }
      let files = try ["a", "b"].map { try InputFile(path: folder + "/" + $0).bytes }
      #expect(files[0] == files[1])
    }
  }

  @Test func `bfloat16 is widened`() throws {
    let tensor = Tensor(shape: [1], elementType: .bfloat16, bytes: Bytes([0xc0, 0x3f]))!
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try NPZ.write([("a", tensor)], to: OutputFile(path: path, replacing: false))
      #expect(
        try NPZ.read(InputFile(path: path))[0].tensor.isBitEqual(to: Tensor([1], [Float(1.5)])))
    }
  }

  @Test(arguments: [["a", "a"], ["../a"], [""]])
  func `names that could not be read back are not written`(names: [String]) throws {
    try withTemporaryFolder { folder in
      let output = try OutputFile(path: folder + "/a.npz", replacing: false)
      let arrays = names.map { ($0, Tensor([1], [Float(0)])) }
      if names == [""] {
        try NPZ.write(arrays, to: output)  // the member ".npy" is a good name
        #expect(try NPZ.read(InputFile(path: folder + "/a.npz"))[0].name == "")
      } else {
        #expect(throws: FormatError.self) { try NPZ.write(arrays, to: output) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      }
    }
  }

  @Test func `a bare npy array has the file's name`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/cat.npy"
      let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}"
      try Data(npy(header, [3]).array).write(to: URL(fileURLWithPath: path))
      let arrays = try NPZ.read(InputFile(path: path))
      #expect(arrays.map(\.name) == ["cat"])
      #expect(arrays[0].tensor.doubles == [3])
    }
  }

  @Test func `an error names file, member and offset`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/bad.npz"
      let member = ZipBuilder.Member(name: "x.npy", content: npy("{}", []).array)
      try Data(ZipBuilder(members: [member]).bytes.array).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: FormatError.self) { try NPZ.read(InputFile(path: path)) }
      #expect(
        error?.description
          == "\(path): x.npy: byte 10: expected descr, fortran_order and shape, found []")
    }
  }
}
