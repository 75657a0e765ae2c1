public import Files
public import ModelIO

extension ONNXFormat {
  /// `ONNX`.
  public var title: String { "ONNX" }
  /// `NAME.onnx`.
  public var outputNaming: String { "NAME.onnx" }
  /// `onnx`.
  public var outputKinds: Set<String> { ["onnx"] }

  /// One file.
  ///
  /// - Throws: what `open` throws, and for options of other formats.
  public func destination(
    _ outputs: [OutputPath], stem: String, options: WritingOptions,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) -> any ModelDestination {
    throw FormatError(.usage, "ONNX is not written yet")
  }
}
