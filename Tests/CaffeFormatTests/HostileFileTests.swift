import Files
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Damaged files: a model or a `FormatError`, never a trap.
struct HostileFileTests {
  private static let definition = """
    name: "net"  # a comment
    layer { name: 'data' type: 'Data' top: 'data' top: 'label'
      transform_param { crop_size: 4 mean_value: [1, 2] scale: 0.5 } }
    layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' param { name: "w\\x41" }
      convolution_param { num_output: 2 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } } }
    layer { name: 'bn' type: 'BatchNorm' bottom: 'conv' top: 'conv' }
    layer < name: 'pool' type: 'Pooling' bottom: 'conv' top: 'pool'
      pooling_param: { pool: AVE kernel_size: 0x3, stride: 2; } >
    layer { name: 'ip' type: 'InnerProduct' bottom: 'pool' top: 'ip'
      inner_product_param { num_output: 3 transpose: true } }
    layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: ['ip', 'label'] }

    """
  /// Packed tensors, and all other ways to store one.
  private static func weights() throws -> [UInt8] {
    packed([("conv", [[2, 2, 3, 3], [2]])])
      + (try encoded(
        """
        layer { name: 'bn' type: 'BatchNorm' blobs { num: 1 channels: 1 height: 1 width: 2 data: [1, 2] }
          \(blob([2])) blobs { double_data: 2 shape { dim: 1 } } }
        """))
      + packed([("ip", [[8, 3], [3]])])
  }

  /// Reads damaged files; returns whether they made a model.
  private func survives(
    _ files: TestFiles, definition: [UInt8]?, weights: [UInt8]?, labels: [UInt8]? = nil
  ) throws -> Bool {
    let source = CaffeSource(
      definition: try definition.map { try files.file("net.prototxt", $0) },
      weights: try weights.map { try files.file("net.caffemodel", $0) },
      labels: try labels.map { try files.file("labels", $0) })
    do {
      let model = try CaffeFormat().readModel(from: source).model
      // What was accepted must hold together.
      _ = try model.network.costs()
      return true
    } catch let error as FormatError {
      #expect(!error.reason.isEmpty && !"\(error)".contains("\n"), "\(error)")
      return false
    }
  }

  @Test func `the files as they are make a model`() throws {
    _ = try CaffeFormat().readModel(
      from: CaffeSource(
        definition: try TestFiles().file("a", Array(Self.definition.utf8)),
        weights: try TestFiles().file("b", try Self.weights()))
    ).model
    let survived = try survives(
      try TestFiles(), definition: Array(Self.definition.utf8),
      weights: try Self.weights())
    #expect(survived)
  }

  @Test func `every truncation of a caffemodel is refused`() throws {
    let files = try TestFiles()
    let bytes = try Self.weights()
    for count in 0..<bytes.count {
      let survived = try survives(
        files, definition: Array(Self.definition.utf8), weights: Array(bytes.prefix(count)))
      #expect(!survived, "\(count) bytes")
    }
  }

  @Test func `every truncation of a definition is a model or an error`() throws {
    let files = try TestFiles()
    let (text, bytes) = (Array(Self.definition.utf8), try Self.weights())
    var survivors: Set<Int> = []
    for count in 0..<text.count {
      if try survives(files, definition: Array(text.prefix(count)), weights: bytes) {
        survivors.insert(count)
      }
    }
    // Only the loss, which is left out, and the last line feed can be missing.
    let loss = try #require(Self.definition.firstRange(of: "layer { name: 'loss'"))
    let start = Self.definition.utf8.distance(
      from: Self.definition.startIndex, to: loss.lowerBound)
    #expect(survivors.allSatisfy { $0 >= start - 5 })
    #expect(survivors.contains(text.count - 1))
  }

  @Test func `any flipped bit of a caffemodel makes a model or an error`() throws {
    let files = try TestFiles()
    let bytes = try Self.weights()
    var models = 0
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        if try survives(files, definition: Array(Self.definition.utf8), weights: damaged) {
          models += 1
        }
      }
    }
    // The elements are most of the file, and any element is as good as another.
    #expect(models > bytes.count * 4)
  }

  @Test func `any replaced byte of a definition makes a model or an error`() throws {
    let files = try TestFiles()
    let (text, bytes) = (Array(Self.definition.utf8), try Self.weights())
    for index in text.indices {
      for byte: UInt8 in [0, 0x0a, 0x20, 0x22, 0x2d, 0x39, 0x5b, 0x5c, 0x7b, 0x7d, 0xff] {
        var damaged = text
        damaged[index] = byte
        _ = try survives(files, definition: damaged, weights: bytes)
      }
    }
  }

  @Test(arguments: 0..<8)
  func `random damage makes a model or an error`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let files = try TestFiles()
    let lies: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x2a, 0x3a, 0xa2]
    let (text, bytes) = (Array(Self.definition.utf8), try Self.weights())
    for _ in 0..<500 {
      var (definition, weights) = (text, bytes)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        weights[Int.random(in: weights.indices, using: &random)] = lies.randomElement(
          using: &random)!
        let start = Int.random(in: definition.indices, using: &random)
        let piece = definition[start..<min(start + 20, definition.count)]
        definition.insert(
          contentsOf: piece, at: Int.random(in: definition.indices, using: &random))
      }
      _ = try survives(files, definition: text, weights: weights, labels: weights)
      _ = try survives(files, definition: definition, weights: bytes)
      _ = try survives(files, definition: nil, weights: weights)
    }
  }

  @Test func `tens of thousands of layers are read in linear time`() throws {
    var splits = input([1, 1])
    var chain = input([1, 1])
    for index in 0..<30_000 {
      splits +=
        "layer { name: 's\(index)' type: 'Split' bottom: 'data' top: 'data' top: 'x\(index)' }"
      chain += "layer { name: 'l\(index)' type: 'TanH' bottom: 'data' top: 'data' }"
    }
    #expect(
      failure { try read(splits) }
        == "net.prototxt: expected layers that compute something, found none")
    #expect(try read(chain).network.nodes.count == 30_001)
  }
}
