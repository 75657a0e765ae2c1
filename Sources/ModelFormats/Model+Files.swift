public import Files
internal import ForeignFiles
public import ModelGraph
public import ModelIO

extension Model {
  /// Reads a model from its files, whose contents say what format they are:
  /// `Model(contentsOf: "net.h5")`, `Model(contentsOf: "net.prototxt", "net.caffemodel")`.
  ///
  /// - Parameters:
  ///   - paths: the files that together make the model, in any order.
  ///   - options: what the files do not say.
  /// - Throws: `FormatError` naming file and place.
  public init(
    contentsOf paths: String..., options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) {
    var files: [InputFile] = []
    for path in paths { files.append(try InputFile(modelAt: path)) }
    self = try ModelFormats.read(files, options: options).model
  }

  /// Writes the model to files, whose names say in what format: all of them, or none.
  ///
  /// - Parameters:
  ///   - paths: `net.resnet`, `net.keras`, or several that make one model; a folder with a slash at
  ///     the end takes all files of a format that has several.
  ///   - options: how the files are written.
  ///   - replacing: whether files that exist may be replaced.
  /// - Returns: what was changed or left out, one sentence each.
  /// - Throws: `FormatError` for names that make no model, for a model that the format cannot hold,
  ///   and for what cannot be written.
  @discardableResult
  public func write(
    to paths: String..., options: WritingOptions = WritingOptions(), replacing: Bool = false
  ) throws(FormatError) -> [String] {
    precondition(!paths.isEmpty, "a model is written to one file at least")
    let (format, outputs) = try ModelFormats.format(ofOutputs: paths)
    let folder = paths[0].hasSuffix("/") ? try NewFolder(path: paths[0]) : nil
    let destination = try format.destination(
      outputs, stem: "net", options: options
    ) { path throws(FormatError) in
      try OutputFile(path: path, replacing: replacing)
    }
    let prepared = try destination.prepare(self)
    try PreparedFile.publish(prepared.files)
    folder?.keep()
    return prepared.notes
  }
}
