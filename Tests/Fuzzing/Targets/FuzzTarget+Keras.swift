import Files
import KerasFormat
import ModelIO
import TensorCore

@testable import ModelGraph

extension FuzzTarget {
  /// A whole model of Keras: an HDF5 file or an archive.
  static func readKeras(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let file = InputFile(path: "/nowhere/net.keras", bytes: bytes)
    let format = KerasFormat()
    let recognition = format.recognize(file)
    _ = format.role(of: file)
    _ = format.haveWeightsOnly([file])
    // By the length, so that each gets its share.
    let options =
      bytes.count % 4 == 0
      ? ReadingOptions(inputShape: [1, 3, 9, 7])
      : bytes.count % 4 == 1
        ? ReadingOptions(keras: .init(kernels: .convolution, runningDeviation: .deviation))
        : ReadingOptions()
    let model = try accepted { () throws(FormatError) in
      try format.readModel(from: [file], options: options).model
    }
    guard let model else { return false }
    try require(recognition != .no, "a file that is read is recognized")
    // Weights may be deferred: the native format would write a gigabyte of zeros.
    let size = model.network.weights.reduce(0) { $0 + $1.tensor.byteCount }
    if size < 1 << 22 { try check(model) }
    return true
  }

  /// A definition of Keras in JSON, without weights.
  static func readKerasDefinition(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let file = InputFile(path: "net.json", bytes: bytes)
    guard KerasFormat().recognize(file) != .no else { return false }
    let definition = try accepted { () throws(FormatError) in
      try KerasFormat().readDefinition(from: [file], options: ReadingOptions())
    }
    guard case .some(.some(let definition)) = definition else { return false }
    do {
      _ = try definition.network.shapes()
    } catch {
      throw Contradiction("broken: the layers of a definition fit each other: \(error)")
    }
    return true
  }
}
