public import ModelIO

/// How an ONNX file is written.
public struct ONNXWritingOptions: WritingChoice, Equatable {
  /// `ONNX`.
  public static var format: String { "ONNX" }
  /// The sets of operators that are written.
  public static let opsets = 11...22

  /// The set of operators: 13 is read by every runtime.
  public var opset = 13
  /// Whether the weights go to a file beside the model, `NAME.onnx.data`; they do so by themselves
  /// where the model would be larger than 2 GB, which no reader of protobuf takes.
  public var hasExternalData = false

  /// Opset 13, in one file.
  public init() {}

  /// A choice.
  ///
  /// - Parameter opset: one of `opsets`.
  public init(opset: Int = 13, hasExternalData: Bool = false) {
    precondition(Self.opsets.contains(opset), "opset \(opset)")
    self.opset = opset
    self.hasExternalData = hasExternalData
  }

  /// The version of the file format that goes with the set of operators (onnx/docs/Versioning.md).
  var irVersion: Int {
    switch opset {
    case ...11: 6
    case ...14: 7
    case ...18: 8
    case ...20: 9
    default: 10
    }
  }
}
