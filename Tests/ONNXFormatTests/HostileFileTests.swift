import Foundation
import Protobuf
import ResNetKit
import TestSupport
import Testing

/// Files that are made to hurt their reader: each is refused in one line, with little memory.
@Suite struct HostileFileTests {
  /// A model around a graph's bytes.
  private static func model(_ graph: [UInt8]) -> [UInt8] {
    var opset = WireWriter()
    opset.field(2, varint: 13)
    var writer = WireWriter()
    writer.field(1, varint: 7)
    writer.field(7, bytes: graph)
    writer.field(8, bytes: opset.bytes)
    return writer.bytes
  }

  private static func graph(_ fill: (inout WireWriter) -> Void) -> [UInt8] {
    var writer = WireWriter()
    fill(&writer)
    return writer.bytes
  }

  private static func node(
    _ op: String, _ inputs: [String], _ outputs: [String], _ attributes: [[UInt8]] = []
  ) -> [UInt8] {
    graph { writer in
      for input in inputs { writer.field(1, bytes: input.utf8) }
      for output in outputs { writer.field(2, bytes: output.utf8) }
      writer.field(4, bytes: op.utf8)
      for attribute in attributes { writer.field(5, bytes: attribute) }
    }
  }

  private static func value(_ name: String, _ extents: [UInt64]) -> [UInt8] {
    let shape = graph { shape in
      for extent in extents { shape.field(1, bytes: graph { $0.field(1, varint: extent) }) }
    }
    let tensor = graph { tensor in
      tensor.field(1, varint: 1)
      tensor.field(2, bytes: shape)
    }
    return graph { info in
      info.field(1, bytes: name.utf8)
      info.field(2, bytes: graph { $0.field(1, bytes: tensor) })
    }
  }

  private static func tensor(
    _ name: String, _ dimensions: [UInt64], _ fill: (inout WireWriter) -> Void
  ) -> [UInt8] {
    graph { tensor in
      for extent in dimensions { tensor.field(1, varint: extent) }
      tensor.field(2, varint: 1)
      tensor.field(8, bytes: name.utf8)
      fill(&tensor)
    }
  }

  /// A graph of one product with a matrix `w`.
  private static func product(_ weight: [UInt8]) -> [UInt8] {
    model(
      graph { graph in
        graph.field(1, bytes: node("MatMul", ["x", "w"], ["y"]))
        graph.field(5, bytes: weight)
        graph.field(11, bytes: value("x", [1, 2]))
        graph.field(12, bytes: value("y", [1, 2]))
      })
  }

  private static func error(_ bytes: [UInt8]) -> FormatError? {
    #expect(throws: FormatError.self) {
      try ONNXFormat().readModel(
        from: [InputFile(path: "net.onnx", bytes: Bytes(bytes))], options: ReadingOptions()
      ).model
    }
  }

  private static func expect(
    _ bytes: [UInt8], _ words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = error(bytes)
    #expect(
      error?.description.contains(words) == true, "\(error?.description ?? "none")",
      sourceLocation: sourceLocation)
    #expect(error?.description.contains("\n") == false, sourceLocation: sourceLocation)
    #expect(error?.kind == .badModel, sourceLocation: sourceLocation)
  }

  @Test func `a hundred thousand graphs in each other are not walked`() {
    var inner: [UInt8] = []
    // Back to front, since each length counts what follows.
    var pieces: [[UInt8]] = []
    var count = 0
    for _ in 0..<100_000 {
      var writer = WireWriter()
      writer.varint(6 << 3 | 2)  // g of AttributeProto
      writer.varint(UInt64(count))
      count += writer.bytes.count
      pieces.append(writer.bytes)
    }
    for piece in pieces.reversed() { inner += piece }
    let attribute =
      Self.graph { attribute in
        attribute.field(1, bytes: "body".utf8)
        attribute.field(20, varint: 5)
      } + inner
    Self.expect(
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: Self.node("Loop", ["x"], ["y"], [attribute]))
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("y", [1, 2]))
        }), "Loop (y)")
  }

  @Test func `two million empty nodes are refused while they are decoded`() {
    let bytes = [UInt8](repeating: 0, count: 4 << 20).enumerated().map { index, _ in
      index % 2 == 0 ? UInt8(1 << 3 | 2) : 0
    }
    Self.expect(Self.model(bytes), "expected at most 100000 nodes, found more")
  }

  @Test func `a million initializers are refused while they are decoded`() {
    let bytes = (0..<2 << 20).map { $0 % 2 == 0 ? UInt8(5 << 3 | 2) : 0 }
    Self.expect(Self.model(bytes), "expected at most 100000 initializers, found more")
  }

  @Test(arguments: [
    ([1 << 62, 4], "extents that can be multiplied"), ([UInt64.max, 2], "extents"),
    ([2, 3], "expected 24 bytes"), ([1 << 31, 1 << 30], "expected"), ([0, 1 << 62], "MatMul"),
  ])
  func `a tensor that lies about its extents is refused`(_ lie: ([UInt64], String)) {
    let weight = Self.tensor("w", lie.0) { $0.field(9, bytes: [UInt8](repeating: 0, count: 16)) }
    let error = Self.error(Self.product(weight))
    #expect(error?.kind == .badModel, "\(error?.description ?? "none")")
  }

  @Test func `elements in two fields are refused`() {
    let weight = Self.tensor("w", [2, 2]) { tensor in
      tensor.field(9, bytes: [UInt8](repeating: 0, count: 16))
      tensor.field(4, bytes: [UInt8](repeating: 0, count: 16))
    }
    Self.expect(Self.product(weight), "expected the elements once")
  }

  private static func weight(_ name: String) -> [UInt8] {
    tensor(name, [2, 2]) { $0.field(9, bytes: [UInt8](repeating: 0, count: 16)) }
  }

  @Test func `a node with weights that no output depends on is told`() throws {
    let bytes = Self.model(
      Self.graph { graph in
        graph.field(1, bytes: Self.node("MatMul", ["x", "w"], ["y"]))
        graph.field(1, bytes: Self.node("MatMul", ["y", "v"], ["z"]))
        graph.field(1, bytes: Self.node("Relu", ["z"], ["nothing"]))
        for name in ["w", "v"] { graph.field(5, bytes: Self.weight(name)) }
        graph.field(11, bytes: Self.value("x", [1, 2]))
        graph.field(12, bytes: Self.value("y", [1, 2]))
      })
    let model = try ONNXFormat().readModel(
      from: [InputFile(path: "net.onnx", bytes: Bytes(bytes))], options: ReadingOptions()
    ).model
    #expect(
      model.provenance.notes.contains("left out nodes that no output depends on: z (MatMul)"))
  }

  @Test func `values that Unicode calls equal are refused`() {
    let error = Self.error(
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: Self.node("MatMul", ["x", "w"], ["\u{e9}"]))
          graph.field(1, bytes: Self.node("Relu", ["e\u{301}"], ["y"]))
          graph.field(5, bytes: Self.weight("w"))
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("y", [1, 2]))
        }))
    #expect(error?.reason.hasSuffix("which are one to Unicode") == true, "\(error?.reason ?? "")")
  }

  @Test func `a cycle is refused`() {
    Self.expect(
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: Self.node("Add", ["x", "b"], ["a"]))
          graph.field(1, bytes: Self.node("Relu", ["a"], ["b"]))
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("b", [1, 2]))
        }), "cycle")
  }

  @Test func `two nodes that make one value are refused`() {
    Self.expect(
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: Self.node("Relu", ["x"], ["y"]))
          graph.field(1, bytes: Self.node("Tanh", ["x"], ["y"]))
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("y", [1, 2]))
        }), "makes y, which another node makes too")
  }

  @Test(arguments: ["x", "w"])
  func `a node that makes what the graph is given is refused`(_ name: String) {
    let weight = Self.tensor("w", [1, 2]) { $0.field(9, bytes: [UInt8](repeating: 0, count: 8)) }
    Self.expect(
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: Self.node("Relu", ["x"], [name]))
          graph.field(1, bytes: Self.node("Add", ["x", "w"], ["y"]))
          graph.field(5, bytes: weight)
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("y", [1, 2]))
        }), "makes \(name), which the graph is given")
  }

  @Test func `a hundred thousand nodes in reverse order end soon`() {
    Self.expect(
      Self.model(
        Self.graph { graph in
          for index in (0..<20_000).reversed() {
            let input = index == 0 ? "x" : "v\(index - 1)"
            graph.field(1, bytes: Self.node("Relu", [input], ["v\(index)"]))
          }
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("v19999", [1, 2]))
        }), "expected nodes in the order of their values")
  }

  @Test func `functions that call themselves end`() {
    let function = Self.graph { function in
      function.field(1, bytes: "F".utf8)
      function.field(4, bytes: "a".utf8)
      function.field(5, bytes: "b".utf8)
      function.field(
        7,
        bytes: Self.graph { node in
          node.field(1, bytes: "a".utf8)
          node.field(2, bytes: "b".utf8)
          node.field(4, bytes: "F".utf8)
          node.field(7, bytes: "own".utf8)
        })
      function.field(10, bytes: "own".utf8)
    }
    let call = Self.graph { node in
      node.field(1, bytes: "x".utf8)
      node.field(2, bytes: "y".utf8)
      node.field(4, bytes: "F".utf8)
      node.field(7, bytes: "own".utf8)
    }
    var writer = WireWriter()
    writer.field(25, bytes: function)
    Self.expect(
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: call)
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("y", [1, 2]))
        }) + writer.bytes, "functions that end")
  }

  /// The name of a call is in those of all nodes of its function.
  @Test(arguments: [10, 1 << 20])
  func `functions do not multiply long names without end`(nameByteCount: Int) {
    let function = Self.graph { function in
      function.field(1, bytes: "F".utf8)
      function.field(4, bytes: "v0".utf8)
      function.field(5, bytes: "v100".utf8)
      for index in 0..<100 {
        function.field(7, bytes: Self.node("Relu", ["v\(index)"], ["v\(index + 1)"]))
      }
      function.field(10, bytes: "own".utf8)
    }
    let call = Self.graph { node in
      node.field(1, bytes: "x".utf8)
      node.field(2, bytes: "y".utf8)
      node.field(3, bytes: [UInt8](repeating: 0x61, count: nameByteCount))
      node.field(4, bytes: "F".utf8)
      node.field(7, bytes: "own".utf8)
    }
    var writer = WireWriter()
    writer.field(25, bytes: function)
    let bytes =
      Self.model(
        Self.graph { graph in
          graph.field(1, bytes: call)
          graph.field(11, bytes: Self.value("x", [1, 2]))
          graph.field(12, bytes: Self.value("y", [1, 2]))
        }) + writer.bytes
    let file = InputFile(path: "net.onnx", bytes: Bytes(bytes))
    let model = Result {
      try ONNXFormat().readModel(from: [file], options: ReadingOptions()).model
    }
    guard nameByteCount > 10 else {
      #expect(throws: Never.self) { try model.get() }
      return
    }
    let error = #expect(throws: FormatError.self) { try model.get() }
    #expect(error?.kind == .refused)
    #expect(
      error?.reason
        == "expected calls of functions with at most 67108864 bytes of names, found more"
    )
  }

  @Test(arguments: [
    "../../etc/passwd", "/etc/passwd", "link.bin", "folder/../w.bin", "folder", "./w.bin", "",
  ])
  func `external data leads nowhere but beside the model`(_ location: String) throws {
    let folder = TemporaryFolder()
    _ = try folder.write("w.bin", [UInt8](repeating: 0, count: 16))
    try FileManager.default.createDirectory(
      atPath: folder.path("folder"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link.bin"), withDestinationPath: "/etc/passwd")
    let weight = Self.tensor("w", [2, 2]) { tensor in
      tensor.field(
        13,
        bytes: Self.graph { pair in
          pair.field(1, bytes: "location".utf8)
          pair.field(2, bytes: location.utf8)
        })
      tensor.field(14, varint: 1)
    }
    let path = try folder.write("net.onnx", Self.product(weight))
    let error = #expect(throws: FormatError.self) { try Model(contentsOf: path) }
    #expect(error?.kind == .refused, "\(error?.description ?? "none")")
  }

  @Test func `external data that is cut off is refused`() throws {
    let folder = TemporaryFolder()
    _ = try folder.write("w.bin", [UInt8](repeating: 0, count: 15))
    let weight = Self.tensor("w", [2, 2]) { tensor in
      tensor.field(
        13,
        bytes: Self.graph { pair in
          pair.field(1, bytes: "location".utf8)
          pair.field(2, bytes: "w.bin".utf8)
        })
      tensor.field(14, varint: 1)
    }
    let path = try folder.write("net.onnx", Self.product(weight))
    let error = #expect(throws: FormatError.self) { try Model(contentsOf: path) }
    #expect(error?.description.contains("found 15 bytes in all") == true)
  }

  /// Every file of the folder with bytes changed, cut off or repeated: a model or an error.
  @Test(arguments: SmallFileTests.names)
  func `a damaged file is read or refused`(_ name: String) throws {
    let sound = try InputFile(path: Places.fixture("onnx/small/\(name).onnx")).bytes.array
    var random = SeededGenerator(seed: UInt64(sound.count))
    for round in 0..<60 {
      var bytes = sound
      switch round % 3 {
      case 0: bytes = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count))))
      case 1:
        for _ in 0..<3 {
          bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        }
      default:
        let place = Int(random.next() % UInt64(bytes.count))
        bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
      }
      let file = InputFile(path: Places.fixture("onnx/small/\(name).onnx"), bytes: Bytes(bytes))
      do throws(FormatError) {
        let model = try ONNXFormat().readModel(from: [file], options: ReadingOptions()).model
        #expect(!model.network.nodes.isEmpty)
      } catch {
        #expect(!error.description.contains("\n"))
      }
    }
  }
}
