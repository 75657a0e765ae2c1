import Files
import Foundation
import JSON
import ModelGraph
import ModelIO
import TensorCore

@testable import CaffeFormat
@testable import Containers
@testable import HDF5
@testable import NativeFormat
@testable import Protobuf

/// What the fuzzer starts from: the small files of `fixtures/`, and what is made of them.
struct Seeds {
  /// The longest; a mutation of a longer one rarely says anything new.
  static let byteLimit = 8192
  /// Files of HDF5 are longer, and so is what they are in.
  static let fileByteLimit = 36 << 10

  private(set) var files: [FuzzTarget: Set<[UInt8]>] = [:]
  /// Words that the mutator puts in: without them it would have to guess every name.
  private(set) var words: [FuzzTarget: Set<[UInt8]>] = [:]

  /// The seeds from the fixtures of a project.
  init(project: String) throws {
    let layers = project + "/fixtures/layers/"
    for name in try FileManager.default.contentsOfDirectory(atPath: layers).sorted() {
      let path = layers + name
      if name.hasSuffix(".prototxt") { try addDefinition(path) }
      if name.hasSuffix(".caffemodel") { try addModel(path) }
      if name.hasSuffix(".npz") { try addArrays(InputFile(path: path)) }
    }
    let digits = project + "/fixtures/digits/"
    let beginning = try InputFile(path: digits + "digits-resnet.prototxt").bytes
    add(beginning.slice(from: 0, count: Self.byteLimit / 2)!, to: [.definition])  // of 14 KB
    add(try InputFile(path: digits + "labels.txt").bytes, to: [.definition])
    add(try InputFile(path: digits + "mean.binaryproto").bytes, to: [.caffemodel])
    try addFiles(of: project + "/fixtures/onnx/small/", named: ".onnx", to: [.onnx, .protobuf])
    for folder in ["eras", "shared", "packed"] {
      let path = project + "/fixtures/keras/\(folder)/"
      try addFiles(of: path, named: ".json", to: [.kerasDefinition])
    }
    try addFilesOfKeras(in: project)
    for target in FuzzTarget.allCases {
      let corpus = "\(project)/Tests/Fuzzing/Corpora/\(target.rawValue).zip"
      guard FileManager.default.fileExists(atPath: corpus) else { continue }
      for seed in try contents(of: corpus) { add(seed, to: [target], atMost: seed.count) }
    }
    addWords(schema: try String(contentsOfFile: project + "/schemas/caffe.proto", encoding: .utf8))
  }

  /// HDF5 files and archives of Keras, and HDF5 files with everything that none of them has.
  private mutating func addFilesOfKeras(in project: String) throws {
    let fixtures = project + "/fixtures/"
    for seed in try contents(of: fixtures + "hdf5-structures/structures.zip") {
      guard HDF5Checksums.repaired(seed.array) == seed.array else {
        throw Contradiction("broken: the mutator knows the checksums of every structure")
      }
      add(seed, to: [.hdf5], atMost: Self.fileByteLimit)
      if let reply = reply(about: seed) { add(reply, to: [.hdf5Reply]) }
    }
    try addFiles(
      of: fixtures + "hostile-hdf5/", named: ".h5", to: [.hdf5], atMost: Self.fileByteLimit)
    for folder in ["old", "operators", "packed", "eras", "inferred", "layers", "lines", "shared"] {
      let path = fixtures + "keras/\(folder)/"
      try addFiles(of: path, named: ".h5", to: [.keras], atMost: Self.fileByteLimit)
      try addFiles(of: path, named: ".keras", to: [.keras], atMost: Self.fileByteLimit)
    }
    let archive = fixtures + "keras/operators/unit.keras"
    add(try InputFile(path: archive).bytes, to: [.archive], atMost: Self.fileByteLimit)
  }

  /// What `resnet-hdf5-reader` would answer, with zeros for all elements.
  private func reply(about file: Bytes) -> Bytes? {
    guard let file = try? HDF5File(InputFile(path: "x.h5", bytes: file), readsAttributes: true)
    else { return nil }
    var bytes: [UInt8] = []
    var writer = LibraryReply.Writer(version: "1.10.8", missing: "") { bytes += $0 }
    writer.list(file.root) { dataset in
      Bytes([UInt8](repeating: 0, count: dataset.toldByteCount ?? 0))
    }
    return Bytes(bytes)
  }

  private func contents(of path: String) throws -> [Bytes] {
    let archive = try ZipArchive(InputFile(path: path).bytes)
    return try archive.members.map(archive.contents(of:))
  }

  private mutating func addFiles(
    of folder: String, named ending: String, to targets: [FuzzTarget],
    atMost limit: Int = byteLimit
  ) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    where name.hasSuffix(ending) {
      add(try InputFile(path: folder + name).bytes, to: targets, atMost: limit)
    }
  }

  private mutating func add(
    _ seed: Bytes, to targets: [FuzzTarget], atMost limit: Int = byteLimit
  ) {
    guard seed.count <= limit else { return }
    for target in targets { files[target, default: []].insert(seed.array) }
  }

  private mutating func addDefinition(_ path: String) throws {
    let definition = try InputFile(path: path)
    add(definition.bytes, to: [.definition, .execution, .writing])
    add(joined(Bytes([]), definition.bytes), to: [.protobuf])
    if let model = try? CaffeFormat().readModel(from: CaffeSource(definition: definition)).model {
      try addNative(model)
    }
  }

  private mutating func addModel(_ path: String) throws {
    let weights = try InputFile(path: path)
    add(weights.bytes, to: [.caffemodel])
    guard let text = try? caffeText(weights.bytes) else { return }  // no protobuf: HDF5
    let definition = path.replacingOccurrences(of: ".caffemodel", with: ".prototxt")
    var source = CaffeSource(weights: weights)
    if FileManager.default.fileExists(atPath: definition) {
      let input = try InputFile(path: definition)
      source.definition = input
      add(joined(input.bytes, weights.bytes), to: [.caffe])
      add(joined(input.bytes, Bytes(Array(text.utf8))), to: [.definition, .execution, .writing])
    }
    if let model = try? CaffeFormat().readModel(from: source).model { try addNative(model) }
  }

  private mutating func addNative(_ model: Model) throws {
    let file = try written(model)
    let preamble = try Preamble(decoding: file)
    let header = file.slice(from: preamble.header.lowerBound, count: preamble.headerLength)!
    let ledger = file.slice(from: preamble.ledger.lowerBound, count: preamble.ledgerLength)!
    add(file, to: [.native])
    add(joined(header, ledger), to: [.nativeHeader])
    add(header, to: [.json])
    add(ledger, to: [.json])
  }

  private mutating func addArrays(_ file: InputFile) throws {
    add(file.bytes, to: [.npz, .archive])
    let archive = try ZipArchive(file.bytes)
    for member in archive.members.prefix(1) {
      add(try archive.contents(of: member), to: [.npz])
    }
    let output = try OutputFile(path: "/tmp/seed.npz", replacing: true)
    let arrays = Array(try NPZ.read(file).prefix(2))
    add(try NPZ.prepare(arrays, for: output).contents, to: [.npz, .archive])
  }

  private mutating func addWords(schema: String) {
    let names = schema.matches(of: /(\w+)\s*=\s*\d/).map { Array($0.output.1.utf8) }
    for target in FuzzTarget.allCases {
      var found: Set<[UInt8]> = []
      // Those of a definition are in the files, too, but those are no texts.
      let texts = files[target == .keras ? .kerasDefinition : target, default: []]
      for case let text? in texts.map({ String(validating: $0, as: UTF8.self) }) {
        found.formUnion(text.matches(of: /"[^"\\\n]{1,40}"/).map { Array($0.output.utf8) })
      }
      switch target {
      case .definition, .caffe, .execution, .writing, .protobuf:
        found.formUnion(names + Self.numbers)
      case .kerasDefinition, .keras: found.formUnion(Self.numbers)
      case .json, .nativeHeader:
        found.formUnion(Self.numbers)
        found.formUnion(LayerType.allCases.map { Array("\"\($0.rawValue)\"".utf8) })
      case .npz:
        let types = ["b1", "u1", "i2", "u4", "i8", "u8", "f2", "f4", "f8"]
        found.formUnion(types.flatMap { [Array("'<\($0)'".utf8), Array("'>\($0)'".utf8)] })
        found.formUnion(Self.integers + Self.numbers + [Array("True".utf8)])
      case .caffemodel, .onnx: found.formUnion(Self.varints)
      case .native, .archive, .hdf5Reply: found.formUnion(Self.integers)
      case .hdf5: found.formUnion(Self.integers + Self.structures)
      }
      words[target] = found
    }
  }
}

extension Seeds {
  private static let limits = [Int(Int32.max), 1 << 32, Int.max, Int.min, -1, 0, 1]

  /// As text.
  private static let numbers =
    limits.map { Array("\($0)".utf8) }
    + ["1e308", "-1e-320", "nan", "inf", "\"nan\"", "0x7fffffff"].map { Array($0.utf8) }

  /// In eight bytes, least significant first.
  private static let integers = limits.map { value in (0..<8).map { UInt8(value >> (8 * $0) & 255) }
  }

  /// The signatures of HDF5.
  private static let structures = [
    "OHDR", "OCHK", "TREE", "SNOD", "HEAP", "GCOL", "FRHP", "FHDB", "FHIB", "BTHD", "BTIN", "BTLF",
    "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB",
  ].map { Array($0.utf8) }

  private static let varints = limits.map { value in
    var writer = WireWriter()
    writer.varint(UInt64(bitPattern: Int64(value)))
    return writer.bytes
  }
}

private func joined(_ first: Bytes, _ second: Bytes) -> Bytes {
  Bytes(first.array + [0] + second.array)
}
