import ForeignFiles
import TensorCore
import TestSupport
import Testing

/// Files of other programs are named for what they are, by their contents.
@Suite struct ForeignFileTests {
  typealias Sample = ForeignSamples

  @Test(arguments: Sample.signatures + Sample.tensors)
  func `a file with a signature is named`(_ kind: String, _ bytes: [UInt8]) {
    #expect(ForeignFile(Bytes(bytes))?.kind == kind)
  }

  @Test(arguments: Sample.messages)
  func `a message of protobuf that is none of Caffe is named`(_ kind: String, _ bytes: [UInt8]) {
    #expect(ForeignFile(Bytes(bytes))?.kind == kind)
  }

  @Test(arguments: Sample.archives)
  func `an archive is named by what it holds`(_ kind: String, _ bytes: [UInt8]) {
    #expect(ForeignFile(Bytes(bytes))?.kind == kind)
  }

  @Test(arguments: Sample.texts)
  func `a text that is no model is named`(_ kind: String, _ text: String) {
    #expect(ForeignFile(Bytes(Array(text.utf8)))?.kind == kind)
  }

  @Test(arguments: Sample.described)
  func `what only an error looks at is described`(_ kind: String, _ text: String) {
    let bytes = Bytes(Array(text.utf8))
    #expect(ForeignFile(bytes) == nil)
    #expect(ForeignFile(describing: bytes).kind == kind)
  }

  @Test func `bytes of no known kind are not guessed at`() {
    let zeros = Bytes([UInt8](repeating: 0, count: 4096))
    #expect(ForeignFile(zeros) == nil)
    #expect(ForeignFile(describing: zeros).description == "data of another kind")
    #expect(ForeignFile(describing: Bytes([])).kind == "an empty file")
  }

  @Test func `advice says what to do`() {
    let pointer = Bytes(Array("version https://git-lfs.github.com/spec/v1\noid x\n".utf8))
    #expect(
      ForeignFile(describing: pointer).description
        == "a Git LFS pointer instead of the file: run \"git lfs pull\" where it was cloned")
    let packed = Bytes([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3] + Array("net.caffemodel\0".utf8))
    #expect(
      ForeignFile(describing: packed).description
        == "a gzip archive of net.caffemodel: gunzip it first")
  }

  /// Beginnings of models that a careless rule would take for something else.
  @Test(arguments: Sample.ours)
  func `a model of this toolkit's formats is never mistaken`(_ bytes: [UInt8]) {
    #expect(ForeignFile(Bytes(bytes)) == nil)
  }

  @Test(arguments: [1, 2, 3])
  func `any bytes are looked at without a trap`(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let samples = (Sample.signatures + Sample.tensors + Sample.messages + Sample.archives).map(\.1)
    for sample in samples {
      for _ in 0..<40 {
        var bytes = sample
        bytes.removeLast(.random(in: 0..<bytes.count, using: &generator))
        for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
          bytes[.random(in: bytes.indices, using: &generator)] = .random(
            in: 0...255, using: &generator)
        }
        _ = ForeignFile(describing: Bytes(bytes))
      }
    }
  }
}
