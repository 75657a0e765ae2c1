import Files
import ForeignFiles
import ModelGraph
import ModelIO
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Which file is what, mean images and labels.
struct SourceTests {
  private let definition =
    input([1, 3, 2, 2]) + "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' }"

  private func mean(_ extents: [Int], _ elements: [Float]) -> [UInt8] {
    var writer = WireWriter()
    for (index, extent) in extents.enumerated() {
      writer.field(UInt32(index + 1), varint: UInt64(extent))
    }
    writer.field(
      5, bytes: elements.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    return writer.bytes
  }

  private let kinds: [(String, [UInt8], CaffeFileKind, Recognition)] = [
    ("definition", Array("# c\nname: 'x'".utf8), .definition, .certain),
    ("definition in braces", Array("\u{feff}layer {".utf8), .definition, .certain),
    ("solver", Array("net: 'train.prototxt'\nbase_lr: 0.1".utf8), .solver, .certain),
    ("labels", Array("tench\ngoldfish\n".utf8), .text, .plausible),
    ("labels that begin like a field", Array("name\n".utf8), .text, .plausible),
    ("labels in Latin-1", Array("caf".utf8) + [0xe9, 0x0a], .text, .plausible),
    ("weights", [0x0a, 3, 0x61, 0x62, 0x63, 0xa2, 6, 0], .weights, .certain),
    ("weights of a fork", [0x0a, 1, 0x61, 0xc2, 0x3e, 1, 0], .weights, .certain),
    ("mean", [0x08, 1, 0x10, 1, 0x18, 1, 0x20, 1, 0x2a, 4, 0, 0, 0, 0], .mean, .certain),
    ("empty", [], .empty, .no),
    ("HDF5", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], .hdf5, .plausible),
    ("zip", [0x50, 0x4b, 3, 4, 20, 0, 0, 0], .other, .no),
    (
      "PNG", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      .foreign(ForeignFile(describing: Bytes([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))),
      .no
    ),
    (
      "pickle", [0x80, 0x02, 0x63, 0x00],
      .foreign(ForeignFile(describing: Bytes([0x80, 0x02, 0x63, 0x00]))), .no
    ),
    ("zeros", [0, 0, 0, 0], .other, .no),
  ]

  private static let empty = "an empty file: fetch it again, since nothing of it arrived"
  private static let image = "a model was expected here, not an image"

  @Test func `files are told apart by their contents`() throws {
    let files = try TestFiles()
    for (name, bytes, kind, recognition) in kinds {
      let file = try files.file("file", bytes)
      #expect(CaffeFileKind(file.bytes) == kind, "\(name)")
      #expect(CaffeFormat().recognize(file) == recognition, "\(name)")
    }
  }

  @Test func `files are sorted in any order`() throws {
    let files = try TestFiles()
    let given = [
      try files.file("a", Array("x\ny\nz\n".utf8)), try files.file("b", Array(definition.utf8)),
      try files.file("c", mean([1, 3, 2, 2], Array(repeating: 1, count: 12))),
    ]
    let model = try CaffeFormat().readModel(from: given, options: ReadingOptions()).model
    #expect(model.labels == ["x", "y", "z"])
    #expect(model.preprocessing != nil)
    #expect(model.provenance.files.map(\.name) == ["b", "c", "a"])
  }

  @Test func `two files of one kind and strangers are refused`() throws {
    let files = try TestFiles()
    let first = try files.file("a", Array(definition.utf8))
    let second = try files.file("b", Array(definition.utf8))
    #expect(
      failure { try CaffeSource(sorting: [first, second]) }
        == "\(second.path): expected one file of each kind, found a prototxt definition beside \(first.path)"
    )
    let stranger = try files.file("c", [0x50, 0x4b, 3, 4])
    #expect(
      failure { try CaffeSource(sorting: [first, stranger]) }
        == "\(stranger.path): expected a definition, a caffemodel, a mean image or labels, found a zip archive that is cut short: fetch it again"
    )
  }

  @Test(arguments: [
    (0, "weights", "expected a prototxt definition, found a binary caffemodel"),
    (
      0, "solver",
      "expected a prototxt definition, found the settings of a solver, which trains a network: the "
        + "definition is the file that its field net names"
    ),
    (0, "empty", "expected a prototxt definition, found \(SourceTests.empty)"),
    (
      0, "zip",
      "expected a prototxt definition, found a zip archive that is cut short: fetch it again"
    ),
    (0, "PNG", "expected a prototxt definition, found a PNG image: \(SourceTests.image)"),
    (0, "labels", "1:7: expected : or { after \"tench\", found \"goldfish\""),
    (1, "definition", "expected a binary caffemodel, found a prototxt definition"),
    (1, "labels", "expected a binary caffemodel, found text (\"tench goldfish\")"),
    (0, "HDF5", "expected a prototxt definition, found an HDF5 file"),
    (1, "empty", "expected a binary caffemodel, found \(SourceTests.empty)"),
    (
      1, "zip",
      "expected a binary caffemodel, found a zip archive that is cut short: fetch it again"
    ),
    (1, "PNG", "expected a binary caffemodel, found a PNG image: \(SourceTests.image)"),
    (
      1, "zeros",
      "expected a binary caffemodel, found data of another kind, which is no protobuf of Caffe from byte 0 on"
    ),
    (1, "mean", "expected a binary caffemodel, found a binary mean image"),
    (2, "labels", "expected a binary mean image, found text (\"tench goldfish\")"),
    (2, "weights", "expected a binary mean image, found a binary caffemodel"),
    (3, "mean", "expected labels, one a line, found a binary mean image"),
    (3, "empty", "expected labels, one a line, found \(SourceTests.empty)"),
  ])
  func `a file in the wrong place is named for what it is`(
    place: Int, name: String, message: String
  ) throws {
    let files = try TestFiles()
    let bytes = try #require(kinds.first { $0.0 == name }).1
    let wrong = try files.file("wrong", name == "labels" ? Array("tench goldfish\n".utf8) : bytes)
    var source = CaffeSource(definition: try files.file("net", Array(definition.utf8)))
    let parts: [WritableKeyPath<CaffeSource, InputFile?>] = [
      \.definition, \.weights, \.mean, \.labels,
    ]
    source[keyPath: parts[place]] = wrong
    #expect(
      failure { try CaffeFormat().readModel(from: source).model }?.hasSuffix(": \(message)") == true
    )
  }
}

extension SourceTests {
  @Test func `a mean image is subtracted from blue, green and red`() throws {
    let model = try read(definition, mean: mean([1, 3, 2, 2], (0..<12).map(Float.init)))
    #expect(model.preprocessing?.channelOrder == .bgr)
    #expect(model.preprocessing?.scales == [1])
    guard case .image(let image) = model.preprocessing?.mean else {
      Issue.record("expected an image")
      return
    }
    #expect(image.shape == [3, 2, 2])
    #expect(image.floats == (0..<12).map(Float.init))
    #expect(
      model.provenance.notes == [
        "assumed blue, green, red for the channels of the input, as is usual in Caffe"
      ])
  }

  @Test func `a larger mean image is cut at its centre`() throws {
    let text = input([1, 1, 2, 2]) + "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' }"
    let model = try read(text, mean: mean([1, 1, 5, 4], (0..<20).map(Float.init)))
    guard case .image(let image) = model.preprocessing?.mean else {
      Issue.record("expected an image")
      return
    }
    #expect(image.shape == [1, 2, 2])
    #expect(image.floats == [5, 6, 9, 10])
    #expect(model.preprocessing?.channelOrder == nil)
    #expect(model.provenance.notes == ["cut the mean image of 5 × 4 to the size of the input"])
  }

  @Test func `a smaller mean image is kept and noted`() throws {
    let model = try read(definition, mean: mean([1, 3, 1, 2], (0..<6).map(Float.init)))
    #expect(model.provenance.notes.first == "the mean image is 1 × 2, smaller than the input")
  }

  @Test func `a data layer tells mean values and scale`() throws {
    let layers = "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' }"
    let one = try read(
      "layer { name: 'd' type: 'Data' top: 'data' transform_param { scale: 0.5 mean_value: 128 } }"
        + layers, inputShape: [1, 3, 2, 2])
    #expect(one.preprocessing?.scales == [0.5])
    guard case .channels([128, 128, 128]) = one.preprocessing?.mean else {
      Issue.record("expected 128 for each channel")
      return
    }
    let file = try read(
      "layer { name: 'd' type: 'Data' top: 'data' transform_param { mean_file: 'x/m' } }" + layers,
      inputShape: [1, 1, 2, 2])
    #expect(file.preprocessing?.mean == nil)
    #expect(
      file.provenance.notes
        == ["the definition subtracts the mean image \"x/m\", which was not given"])
    let both = try read(
      "layer { name: 'd' type: 'Data' top: 'data' transform_param { mean_value: [1, 2] } }"
        + layers, mean: mean([1, 2, 1, 1], [5, 6]))
    #expect(both.network.inputs[0].shape == [1, 2, 1, 1])
    #expect(
      both.provenance.notes == ["took the mean image instead of the definition's mean_value"])
    #expect(
      failure {
        try read(
          "layer { name: 'd' type: 'Data' top: 'data' transform_param { mean_value: [1, 2] } }"
            + layers, inputShape: [1, 3, 2, 2])
      } == "net.prototxt: mean_value: expected 1 or 3 values, found 2")
  }

  @Test func `a definition that says nothing of images has no recipe`() throws {
    #expect(try read(definition).preprocessing == nil)
  }

  @Test(
    arguments: [
      ([2, 3, 2, 2], 24, "expected one image [1, channels, height, width], found [2, 3, 2, 2]"),
      ([1, 1, 0, 2], 0, "expected one image [1, channels, height, width], found [1, 1, 0, 2]"),
      ([1, 1, 2, 2], 4, "expected a mean image of 3 channels, found [1, 2, 2]"),
      ([1, 3, 2, 2], 11, "byte 0: expected 12 elements for the shape [1, 3, 2, 2], found 11"),
    ] as [([Int], Int, String)])
  func `a mean image that does not fit is refused`(extents: [Int], count: Int, message: String) {
    let bytes = mean(extents, Array(repeating: 1, count: count))
    #expect(failure { try read(definition, mean: bytes) } == "mean.binaryproto: \(message)")
  }

  @Test(arguments: ["a b\nc\nd\n", "a b\r\nc\r\nd\r\n", "a b\nc\nd"])
  func `labels are lines as they are`(text: String) throws {
    #expect(try read(definition, labels: text).labels == ["a b", "c", "d"])
  }

  @Test(arguments: [
    ("a\nb\n", "expected 3 labels for the output [1, 3, 2, 2], found 2"),
    ("a\n\nb\n", "2:1: expected a label, found an empty line"),
    ("a\nb\nc\n\n", "4:1: expected a label, found an empty line"),
  ])
  func `labels that do not fit are refused`(text: String, message: String) {
    #expect(failure { try read(definition, labels: text) } == "labels.txt: \(message)")
  }
}
