import Files
import JSON
import TensorCore

/// What any bytes are read as: a value or a `FormatError` must come of it.
enum FuzzTarget: String, CaseIterable, Sendable {
  /// A definition as text; behind a zero byte its caffemodel, as text too, which is encoded before
  /// it is read: no length of a message can be wrong.
  case definition
  /// A caffemodel or a mean image, by itself.
  case caffemodel
  /// A definition, a zero byte, and its caffemodel.
  case caffe
  /// A native file.
  case native
  /// The header of a native file; behind a zero byte its ledger. Lengths and checksums are right.
  case nativeHeader = "native-header"
  /// An npz archive or a bare npy array, which no checksum protects.
  case npz
  /// A JSON text.
  case json
  /// A model as for `definition`, which is described and, if it is small, run by both executors.
  case execution
  /// A model as for `definition`, which is written for Caffe, read and run again.
  case writing

  /// A model of ONNX.
  case onnx
  /// The wire format of protobuf; behind a zero byte a definition of Caffe in the text format, which
  /// is written and read again.
  case protobuf
  /// A definition of Keras.
  case kerasDefinition = "keras-definition"
  /// A model of Keras in HDF5 or an archive.
  case keras
  /// An HDF5 file, all that is in it.
  case hdf5
  /// What the process answers that reads an HDF5 file with libhdf5.
  case hdf5Reply = "hdf5-reply"
  /// A zip archive, all that is in it.
  case archive = "zip"

  /// Reads the bytes, and checks what came of it.
  ///
  /// - Returns: whether they were accepted.
  /// - Throws: `Contradiction` if the readers break a promise.
  func read(_ bytes: Bytes) throws(Contradiction) -> Bool {
    switch self {
    case .definition: try Self.readDefinition(bytes)
    case .caffemodel: try Self.readCaffemodel(bytes)
    case .caffe: try Self.readCaffe(bytes)
    case .native: try Self.readNative(bytes)
    case .nativeHeader: try Self.readNativeHeader(bytes)
    case .npz: try Self.readArrays(bytes)
    case .json: try Self.readJSON(bytes)
    case .execution: try Self.execute(bytes)
    case .writing: try Self.write(bytes)
    case .onnx: try Self.readONNX(bytes)
    case .protobuf: try Self.readProtobuf(bytes)
    case .kerasDefinition: try Self.readKerasDefinition(bytes)
    case .keras: try Self.readKeras(bytes)
    case .hdf5: try Self.readHDF5(bytes)
    case .hdf5Reply: try Self.readReply(bytes)
    case .archive: try Self.readZip(bytes)
    }
  }
}

/// A promise that a reader broke without a trap.
struct Contradiction: Error, CustomStringConvertible {
  let description: String

  /// A promise in words.
  init(_ description: String) { self.description = description }
}

/// Refuses a result that is not as promised.
func require(_ isSo: Bool, _ promise: @autoclosure () -> String) throws(Contradiction) {
  guard isSo else { throw Contradiction("broken: " + promise()) }
}

/// What `body` makes of a file; nil for a `FormatError`, which must be one line.
func accepted<Value>(
  _ body: () throws(FormatError) -> Value
) throws(Contradiction) -> Value? {
  do throws(FormatError) {
    return try body()
  } catch {
    try require(!error.reason.isEmpty, "an error has a reason")
    try require(!error.description.utf8.contains(0x0a), "an error is one line: \(error)")
    return nil
  }
}

extension Bytes {
  /// What stands before the first zero byte, and behind it if there is one.
  var splitAtZero: (Bytes, Bytes?) {
    guard let zero = withUnsafeBytes({ $0.firstIndex(of: 0) }) else { return (self, nil) }
    return (slice(from: 0, count: zero)!, slice(from: zero + 1, count: count - zero - 1))
  }
}
