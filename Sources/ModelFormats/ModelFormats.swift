internal import CaffeFormat
public import Files
internal import ForeignFiles
internal import KerasFormat
public import ModelGraph
public import ModelIO
internal import NativeFormat
internal import ONNXFormat

/// The formats this toolkit ships.
public enum ModelFormats {
  /// Every format, in the order in which equally sure ones are tried, and told in messages.
  public static let all: [any ModelFormat] = [
    NativeFormat(), KerasFormat(), ONNXFormat(), CaffeFormat(),
  ]

  /// Reads a model from its files, whose contents say what format they are.
  ///
  /// - Throws: `FormatError` as `format(of:)` and the format's reader do.
  public static func read(
    _ files: [InputFile], options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> ReadModel {
    try format(of: files).readModel(from: files, options: options)
      .settlingNumbers(of: files, options: options)
  }

  /// The files that are read for a model, those included that others name.
  ///
  /// - Throws: `FormatError` for one that is missing.
  public static func completed(_ files: [InputFile]) throws(FormatError) -> [InputFile] {
    var companions: [InputFile] = []
    for format in all { companions += try format.companions(of: files) }
    return files + companions
  }

  /// Reads the definition of a model whose weights are not among the files; nil if the files are
  /// to be read as a whole model.
  ///
  /// - Throws: `FormatError` as `format(of:)` and the format's reader do.
  public static func readDefinition(
    _ files: [InputFile], options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> ModelDefinition? {
    try format(of: files).readDefinition(from: files, options: options)
  }

  /// What a file should be, in messages.
  private static let expectation =
    "a model of "
    + all.filter { $0.name != NativeFormat().name }.map(\.title).sorted().joined(separator: ", ")
    + " or this toolkit"

  /// The format of the files of one model.
  ///
  /// - Throws: `FormatError` for a file that no format knows, or that is not of the format that is
  ///   surest of the others.
  public static func format(of files: [InputFile]) throws(FormatError) -> any ModelFormat {
    for file in files where !all.contains(where: { $0.recognize(file) == .certain }) {
      if let foreign = ForeignFile(file.bytes) {
        throw foreign.refusal(of: file, expected: expectation)
      }
    }
    var best: (format: any ModelFormat, recognition: Recognition)?
    for format in all {
      // A list of labels is plausible for many formats: the surest file decides.
      let recognition = files.map { format.recognize($0) }.max() ?? .no
      if recognition > best?.recognition ?? .no { best = (format, recognition) }
    }
    guard let format = best?.format else {
      guard let file = files.first else {
        throw FormatError(.badModel, "expected a model, found no file")
      }
      throw ForeignFile(describing: file.bytes)
        .refusal(of: file, expected: expectation)
    }
    let own = files.filter { format.recognize($0) != .no }
    for file in files where format.recognize(file) == .no {
      // Data that one of the others names, whatever it looks like.
      let named = (try? format.companions(of: own)) ?? []
      if named.contains(where: { $0.identity == file.identity }) { continue }
      throw ForeignFile(describing: file.bytes)
        .refusal(of: file, expected: "a file of the \(format.name) format like the others")
    }
    return format
  }
}
