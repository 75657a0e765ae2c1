import CaffeFormat
import Files
import Foundation
import Hashing
import JSON
import ModelGraph
import ModelIO
import NativeFormat
import TensorCore
import TestSupport
import Testing

@testable import Receipts

@Suite struct ReceiptTests {
  /// The digits net, converted, with its receipt.
  struct Sample {
    let sources: [InputFile]
    let target: InputFile
    let receipt: Receipt
    let source: ReadModel
    private let written: ReadModel
    private let folder = TemporaryFolder()

    init() throws {
      sources = try ["prototxt", "caffemodel"].map {
        try InputFile(path: Places.fixture("digits/digits-resnet.\($0)"))
      }
      source = try CaffeFormat().readModel(from: sources, options: ReadingOptions())
      let output = try OutputFile(path: folder.path("digits.resnet"), replacing: false)
      let (file, tensors) = try NativeFormat().prepare(source.model, for: output)
      receipt = try Receipt(
        of: source, sources: sources, written: tensors,
        targets: [(file.name, file.contents)])
      try file.publish()
      target = try InputFile(path: folder.path("digits.resnet"))
      written = try NativeFormat().readModel(from: [target], options: ReadingOptions())
    }

    /// All tensors that the reader finds in the output.
    var made: [StoredTensor] { written.ledger.entries.map(\.source) }

    /// A file with one byte changed.
    func damaged(_ file: InputFile, at offset: Int) throws -> InputFile {
      var bytes = file.bytes.array
      bytes[offset] ^= 1
      let copies = TemporaryFolder()
      return try InputFile(path: copies.write(file.name, bytes))
    }
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `SHA-256 gives the digests of its standard`(_ text: String, _ digest: String) {
    #expect(Bytes(Array(text.utf8)).sha256 == digest)
  }

  @Test func `every tensor is made again from its source`() throws {
    let sample = try Sample()
    let report = sample.receipt.check(sources: sample.sources, targets: [sample.target])
    #expect(report.faults == [])
    #expect(report.replayedCount == sample.receipt.entries.count)
    #expect(report.replayedCount == 129)
  }

  @Test func `a receipt is the same after it was written and read`() throws {
    let receipt = try Sample().receipt
    #expect(try Receipt(parsing: Bytes(receipt.json.utf8())) == receipt)
  }

  @Test func `a changed byte of the output is a fault of the file and of the tensor`() throws {
    let sample = try Sample()
    let entry = try #require(
      sample.receipt.entries.first { $0.target.stored.object == "fc10/kernel" })
    let target = try sample.damaged(
      sample.target, at: try #require(entry.target.stored.byteOffset) + 5)
    let faults = sample.receipt.check(sources: sample.sources, targets: [target]).faults
    #expect(faults.count == 2)
    #expect(faults.first?.hasPrefix("digits.resnet: expected SHA-256 ") == true)
    #expect(faults.last == "fc10/kernel in digits.resnet has changed")
  }

  @Test func `a changed byte of the source is a fault of the file and of the tensor`() throws {
    let sample = try Sample()
    let entry = try #require(sample.receipt.entries[0].source?.stored)
    let source = try sample.damaged(sample.sources[1], at: try #require(entry.byteOffset))
    let report = sample.receipt.check(
      sources: [sample.sources[0], source], targets: [sample.target])
    #expect(report.faults.count == 2)
    #expect(report.faults.last == "\(entry.object) in digits-resnet.caffemodel has changed")
    #expect(report.replayedCount == 128)
  }

  @Test func `a transform that was not done is found by doing it`() throws {
    let sample = try Sample()
    var receipt = sample.receipt
    let index = try #require(
      receipt.entries.firstIndex { $0.target.stored.object == "fc10/kernel" })
    receipt.entries[index].transforms = [.transpose]
    let faults = receipt.check(sources: sample.sources, targets: [sample.target]).faults
    #expect(faults == ["fc10/kernel is not fc10/blobs[0] after transpose"])
  }

  @Test func `a transform that does not fit is a fault`() throws {
    let sample = try Sample()
    var receipt = sample.receipt
    receipt.entries[0].transforms = [.reshape(from: [2], to: [3])]
    let faults = receipt.check(sources: sample.sources, targets: [sample.target]).faults
    #expect(faults == ["conv1/kernel: reshape [2] to [3] does not fit [8, 1, 3, 3]"])
  }

  @Test(arguments: [-1, 335_860, Int.max])
  func `a tensor that lies outside its file is a fault`(_ offset: Int) throws {
    let sample = try Sample()
    var receipt = sample.receipt
    receipt.entries[0].target.stored.byteOffset = offset
    let faults = receipt.check(sources: sample.sources, targets: [sample.target]).faults
    #expect(faults == ["conv1/kernel does not lie in digits.resnet where the receipt says"])
  }

  @Test func `what the receipt leaves out or makes up is named`() throws {
    let sample = try Sample()
    let (read, made) = (sample.source.ledger, sample.made)
    #expect(sample.receipt.contradictions(sources: read, targets: made) == [])
    var other = made
    other[0].object = "new/kernel"
    #expect(
      sample.receipt.contradictions(sources: read, targets: other) == [
        "new/kernel is in the output, not in the receipt",
        "conv1/kernel is in the receipt, not so in the output",
      ])
  }

  /// Each leaves hashes and transforms as they are.
  private static let forgeries: [@Sendable (inout Receipt) -> Void] = [
    { receipt in
      let other = receipt.entries[0].source?.stored.object ?? ""
      receipt.entries[3].source?.stored.object = other
    },
    { $0.entries[3].source?.stored.byteOffset = nil },
    { receipt in
      let count = receipt.entries[3].target.stored.shape.elementCount
      receipt.entries[3].target.stored.shape = Shape([count, 1])
    },
    { receipt in
      let names = (receipt.entries[1].target.stored.object, receipt.entries[2].target.stored.object)
      (receipt.entries[2].target.stored.object, receipt.entries[1].target.stored.object) = names
    },
  ]

  @Test(arguments: forgeries.indices)
  func `a receipt about other tensors than the files' is refuted`(index: Int) throws {
    let sample = try Sample()
    var receipt = sample.receipt
    Self.forgeries[index](&receipt)
    #expect(receipt != sample.receipt)
    #expect(receipt.contradictions(sources: sample.source.ledger, targets: sample.made) != [])
  }

  @Test func `a weight is no constant of the format`() throws {
    let sample = try Sample()
    var receipt = sample.receipt
    receipt.entries[0].source = nil
    let report = receipt.check(sources: sample.sources, targets: [sample.target])
    #expect(report.faults == ["conv1/kernel has no source, and is no constant of 0 or 1"])
    #expect(report.constantCount == 0)
  }

  @Test func `files and tensors are listed once`() throws {
    let sample = try Sample()
    var receipt = sample.receipt
    receipt.entries.append(receipt.entries[0])
    receipt.targets.append(receipt.targets[0])
    let report = receipt.check(sources: sample.sources, targets: [sample.target])
    #expect(
      report.faults == [
        "digits.resnet is twice in the receipt", "conv1/kernel is twice in the receipt",
      ])
    #expect(report.replayedCount == 0)
  }

  @Test func `zeros that the target has no place for are not made`() throws {
    let sample = try Sample()
    var receipt = sample.receipt
    receipt.entries[0].transforms = [
      .surroundWithZeros(Padding(top: 1 << 20, left: 1 << 20, bottom: 0, right: 0))
    ]
    let report = receipt.check(sources: sample.sources, targets: [sample.target])
    #expect(report.faults.count == 1 && report.faults[0].contains("does not fit [8, 1, 3, 3]"))
  }

  @Test(arguments: [
    (#""receipt": 1"#, #""receipt": 2"#, "expected a receipt of version 1, found 2"),
    (#""name": "digits.resnet""#, #""name": "../digits.resnet""#, "a file without a folder"),
    (#""type": "float32""#, #""type": "float128""#, "expected one of float16"),
    (#""transforms": []"#, #""transforms": [{"name": "melt"}]"#, "found \"melt\""),
    (#""sources""#, #""sauces""#, "sources is missing"),
    (#""name": "digits.resnet""#, #""name": ".""#, "a file without a folder"),
    (#""name": "digits.resnet""#, #""name": "digits.resnet\u0000""#, "a file without a folder"),
    (#""source": {"#, #""source": 5, "was": {"#, "expected an object, found an integer"),
  ])
  func `a receipt that is none is refused`(
    _ old: String, _ new: String, _ reason: String
  ) throws {
    let text = try Sample().receipt.json.prettyText()
    let range = try #require(text.range(of: old))
    let bytes = Bytes(Array(text.replacingCharacters(in: range, with: new).utf8))
    let error = #expect(throws: FormatError.self) { try Receipt(parsing: bytes) }
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
