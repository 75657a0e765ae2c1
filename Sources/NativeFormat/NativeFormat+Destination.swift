public import Files
internal import ModelGraph
public import ModelIO

extension NativeFormat {
  /// `the native format`.
  public var title: String { "the native format" }
  /// `NAME.resnet`.
  public var outputNaming: String { "NAME.resnet" }
  /// `resnet`.
  public var outputKinds: Set<String> { ["resnet"] }

  /// One file.
  ///
  /// - Throws: what `open` throws, and for options, of which there are none.
  public func destination(
    _ outputs: [OutputPath], stem: String, options: WritingOptions,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) -> any ModelDestination {
    try options.refuseAll()
    return NativeDestination(output: try open(outputs[0].path))
  }
}

private struct NativeDestination: ModelDestination {
  let output: OutputFile

  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs {
    let (file, tensors) = try NativeFormat().prepare(model, for: output)
    return PreparedOutputs(
      files: [file], tensors: tensors, notes: [], layerCount: model.network.nodes.count)
  }
}
