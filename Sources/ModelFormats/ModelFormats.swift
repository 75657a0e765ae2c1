internal import CaffeFormat
internal import KerasFormat
public import ModelGraph
public import ModelIO
internal import NativeFormat

/// The formats this toolkit ships.
public enum ModelFormats {
  /// Every format, in the order in which equally sure ones are tried.
  public static let all: [any ModelFormat] = [NativeFormat(), KerasFormat(), CaffeFormat()]

  /// Reads a model from its files, whose contents say what format they are.
  ///
  /// - Throws: `FormatError` as `format(of:)` and the format's reader do.
  public static func read(
    _ files: [InputFile], options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> Model {
    try format(of: files).readModel(from: files, options: options)
  }

  /// The files that are read for a model, those included that others name.
  ///
  /// - Throws: `FormatError` for one that is missing.
  public static func completed(_ files: [InputFile]) throws(FormatError) -> [InputFile] {
    files + (try KerasSource.shards(besides: files))
  }

  /// The format of the files of one model.
  ///
  /// - Throws: `FormatError` for a file that no format knows, or that is not of the format that is
  ///   surest of the others.
  public static func format(of files: [InputFile]) throws(FormatError) -> any ModelFormat {
    var best: (format: any ModelFormat, recognition: Recognition)?
    for format in all {
      // A list of labels is plausible for many formats: the surest file decides.
      let recognition = files.map { format.recognize($0) }.max() ?? .no
      if recognition > best?.recognition ?? .no { best = (format, recognition) }
    }
    guard let format = best?.format else {
      throw FormatError(file: files.first?.path, "expected a model of a known format")
    }
    for file in files where format.recognize(file) == .no {
      throw FormatError(
        file: file.path, "expected a file of the \(format.name) format like the others")
    }
    return format
  }
}
