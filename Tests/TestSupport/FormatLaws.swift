public import Files
internal import Foundation
internal import ForeignFiles
internal import ModelFormats
public import ModelGraph
public import ModelIO
internal import Reference
internal import TensorCore

/// What holds of every format, whatever it is: each law gives the faults that it finds.
public struct FormatLaws {
  /// The format.
  public let format: any ModelFormat
  /// The names of the files of one model, as a user gives them.
  public let names: [String]

  /// The laws of one way to write a format; nil if the names ask for none.
  public init?(writing names: [String]) {
    guard let format = try? ModelFormats.format(ofOutputs: names).format else { return nil }
    self.format = format
    self.names = names
  }

  /// The files of a model in a folder, in the order of their names.
  public func write(_ model: Model, to folder: String) throws -> [InputFile] {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let paths = names.map { folder + "/" + $0 }
    let (_, outputs) = try ModelFormats.format(ofOutputs: paths)
    let destination = try format.destination(outputs, stem: "net", options: WritingOptions()) {
      path throws(FormatError) in
      try OutputFile(path: path, replacing: true)
    }
    let prepared = try destination.prepare(model)
    try PreparedFile.publish(prepared.files)
    return try Self.files(in: folder)
  }

  /// A model that was read and is written comes back byte for byte, and computes what it computed.
  ///
  /// The first writing may give values other names and round parameters to float32: its numbers
  /// differ by 1e-9 of the largest at most, as float64 sees them.
  public func roundTripFaults(of model: Model, in folder: String) throws -> [String] {
    func written(_ model: Model, _ name: String) throws -> (files: [InputFile], model: Model) {
      let files = try write(model, to: "\(folder)/\(name)")
      return (files, try format.readModel(from: files, options: ReadingOptions()).model)
    }
    let read = try written(model, "first").model
    let second = try written(read, "second")
    let third = try written(second.model, "third")
    var faults: [String] = []
    if second.files.isEmpty || second.files.map(\.name) != third.files.map(\.name) {
      faults.append("other files: \(second.files.map(\.name)), \(third.files.map(\.name))")
    }
    for (one, other) in zip(second.files, third.files) where one.bytes != other.bytes {
      faults.append("\(one.name): other bytes when what was read is written")
    }
    let (wanted, found) = (try outputs(of: model.network), try outputs(of: read.network))
    for (index, exact) in wanted.enumerated() {
      let size = exact.map(abs).max() ?? 0
      let error = index < found.count ? zip(exact, found[index]).map { abs($0 - $1) }.max() : nil
      if !((error ?? .infinity) <= 1e-9 * size) { faults.append("output \(index) differs") }
    }
    return faults
  }

  /// Each tensor of the files fills one weight, and each weight is filled once.
  public func ledgerFaults(of model: Model, in folder: String) throws -> [String] {
    let files = try write(model, to: folder)
    let read = try format.readModel(from: files, options: ReadingOptions())
    let sources = try format.storedTensors(in: files).map(\.object)
    var faults = read.ledger.faults(
      sources: sources, targets: read.model.network.weights.map(\.name))
    for entry in read.ledger.entries {
      guard let offset = entry.source.byteOffset else { continue }
      let file = files.first { $0.name == entry.source.file }
      if file?.bytes.slice(from: offset, count: entry.source.byteCount) == nil {
        faults.append("\(entry.source.object): does not lie in \(entry.source.file)")
      }
    }
    return faults
  }

  /// A file that was cut off, or has other bits, is read or refused by an error that names it.
  ///
  /// A trap ends the tests.
  public func damageFaults(of model: Model, in folder: String, seed: UInt64) throws -> [String] {
    let files = try write(model, to: folder)
    var random = SeededGenerator(seed: seed)
    var faults: [String] = []
    for index in files.indices {
      let whole = files[index].bytes.array
      for _ in 0..<60 {
        var bytes = whole
        let isCut = Bool.random(using: &random)
        // Most of a file is weights: half of the damage goes to what says where they are.
        let end = Bool.random(using: &random) ? bytes.count : min(bytes.count, 4096)
        let place = Int.random(in: 0..<max(end, 1), using: &random)
        if isCut {
          bytes.removeSubrange(place...)
        } else if !bytes.isEmpty {
          bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        var damaged = files
        damaged[index] = InputFile(path: files[index].path, bytes: Bytes(bytes))
        do throws(FormatError) {
          _ = try format.readModel(from: damaged, options: ReadingOptions())
        } catch {
          if error.reason.isEmpty { faults.append("\(place): an error without a reason") }
        }
      }
    }
    return faults
  }

  private static func files(in folder: String) throws -> [InputFile] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
      try InputFile(modelAt: "\(folder)/\($0)")
    }
  }

  private func outputs(of network: Network) throws -> [[Double]] {
    var random = SeededGenerator(seed: 2)
    var inputs: [String: Tensor] = [:]
    for (name, shape) in network.inputs { inputs[name] = random.tensor(shape) }
    var values: [String: [Double]] = [:]
    try Oracle(network).run(inputs) { values[$0] = $1.elements }
    return network.outputs.map { values[$0] ?? [] }
  }
}
