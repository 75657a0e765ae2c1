import Files
import ModelGraph
import ModelIO
import ONNXFormat
import TensorCore

extension FuzzTarget {
  static func readONNX(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let file = InputFile(path: "/nowhere/net.onnx", bytes: bytes)
    let model = try accepted { () throws(FormatError) in
      try ONNXFormat().readModel(from: [file], options: ReadingOptions()).model
    }
    guard let model else { return false }
    try require(
      ONNXFormat().recognize(file) != .no, "a file that is read is recognized")
    // Weights may be deferred: the native format would write a gigabyte of zeros.
    let size = model.network.weights.reduce(0) { $0 + $1.tensor.byteCount }
    if size < 1 << 22 { try check(model) }
    return true
  }
}
