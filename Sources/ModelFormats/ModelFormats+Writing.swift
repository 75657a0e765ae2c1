public import Files
public import ModelIO

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension ModelFormats {
  /// The format that the names of outputs ask for.
  ///
  /// - Parameters:
  ///   - paths: at least one.
  ///   - allowed: the formats that may be written.
  /// - Throws: `FormatError` of kind `usage` that says what is wrong with the names, and what to name
  ///   instead.
  public static func format(
    ofOutputs paths: [String], among allowed: [any ModelFormat] = all
  ) throws(FormatError) -> (format: any ModelFormat, outputs: [OutputPath]) {
    let expected = "expected " + allowed.map(\.outputNaming).joined(separator: ", or ")
    let outputs = paths.map(output)
    var formats: [any ModelFormat] = []
    for output in outputs {
      guard let format = format(of: output) else {
        let found =
          output.kind.isEmpty
          ? "a name without a kind" : "files named .\(output.kind) are not written"
        throw FormatError(.usage, "\(output.path): \(found): \(expected)")
      }
      guard allowed.contains(where: { $0.name == format.name }) else {
        throw FormatError(
          .usage, "\(output.path): this command does not write \(format.title): \(expected)")
      }
      formats.append(format)
    }
    let format = formats[0]
    if let other = formats.firstIndex(where: { $0.name != format.name }) {
      throw FormatError(
        .usage,
        "\(paths[0]), \(paths[other]): outputs of two formats: convert once for each of them")
    }
    try requireParts(outputs, of: format)
    try format.requireModel(of: outputs)
    return (format, outputs)
  }

  /// Refuses two files of one kind, and files beside a folder.
  private static func requireParts(
    _ outputs: [OutputPath], of format: any ModelFormat
  ) throws(FormatError) {
    for (index, output) in outputs.enumerated() {
      if let other = outputs[..<index].first(where: {
        format.part(of: $0) == format.part(of: output)
      }) {
        throw FormatError(
          .usage,
          "\(other.path), \(output.path): two outputs of one kind: a model is \(format.outputNaming)"
        )
      }
      if output.isFolder, outputs.count > 1 {
        throw FormatError(
          .usage,
          "\(output.path): a folder takes all files of \(format.title): name no other output")
      }
    }
  }

  private static func format(of output: OutputPath) -> (any ModelFormat)? {
    all.first { output.isFolder ? $0.writesFolders : $0.outputKinds.contains(output.kind) }
  }

  /// A path, which means a folder if it is one or ends as one.
  private static func output(_ path: String) -> OutputPath {
    let file = OutputPath(path, isFolder: path.hasSuffix("/"))
    // A folder that is called like a file is in the way of that file.
    guard !file.isFolder, format(of: file) == nil else { return file }
    var status = stat()
    return OutputPath(
      path, isFolder: stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
  }
}
