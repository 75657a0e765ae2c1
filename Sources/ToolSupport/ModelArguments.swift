public import ArgumentParser
public import ResNetKit

/// The files of a model on the command line, side by side or joined by commas.
public struct ModelArguments: ParsableArguments {
  /// What a model is called on the command line, for the help.
  public static let explanation =
    "one file (net.resnet, net.keras), or its files side by side or joined by commas "
    + "(net.prototxt net.caffemodel; net.weights.h5,net.json)"

  /// The words that name the files.
  @Argument(
    help: "A model: \(ModelArguments.explanation). Contents say what a file is.",
    completion: .file())
  public var model: [String]

  /// For the parser.
  public init() {}

  /// Opens the files of a model that is read so.
  ///
  /// - Throws: `FormatError` for a file that cannot be opened.
  public func open(_ reading: ReadingArguments) throws(FormatError) -> [InputFile] {
    try reading.prepare(try open())
  }

  /// Opens the files.
  ///
  /// - Throws: `FormatError` for a file that cannot be opened.
  public func open() throws(FormatError) -> [InputFile] {
    try Self.openAll(model).flatMap { $0 }
  }

  private static func openAll(_ words: [String]) throws(FormatError) -> [[InputFile]] {
    var files: [[InputFile]] = []
    for word in words { files.append(try open(word)) }
    return files
  }

  /// Opens the files of one word: a path, or paths joined by commas.
  public static func open(_ word: String) throws(FormatError) -> [InputFile] {
    // A path that exists may contain commas.
    do {
      return [try InputFile(modelAt: word)]
    } catch {
      let parts = word.split(separator: ",").map(String.init)
      guard parts.count > 1 else { throw error }
      var files: [InputFile] = []
      for part in parts { files.append(try InputFile(modelAt: part)) }
      return files
    }
  }

  /// Opens the files of one model where the command also takes two.
  ///
  /// - Throws: `UsageError` if they are the files of two.
  public static func openOne(
    _ words: [String], _ reading: ReadingArguments
  ) throws -> [InputFile] {
    let files = try openAll(words)
    if files.count > 1, (try? ModelFormats.partTwoModels(files)) != nil {
      throw UsageError("\(words.joined(separator: ", ")): expected one model, found two")
    }
    return try reading.prepare(files.flatMap { $0 })
  }

  /// Opens the files of two models, whose files may lie side by side.
  ///
  /// - Throws: `UsageError` that shows how to join what belongs together.
  public static func openTwo(
    _ words: [String], _ reading: ReadingArguments
  ) throws -> ([InputFile], [InputFile]) {
    let files = try reading.hdf5.prepare(models: try openAll(words))
    do {
      let count = try ModelFormats.partTwoModels(files)
      return (files[..<count].flatMap { $0 }, files[count...].flatMap { $0 })
    } catch .oneModel {
      throw UsageError(
        "\(words.joined(separator: ", ")): expected a second model or --fixture beside this one")
    } catch .none {
      throw UsageError(
        "expected the files of two models; join those of one by commas: "
          + "net.prototxt,net.caffemodel other.resnet")
    } catch .several(let counts) {
      let ways = counts.map { count in
        [words[..<count], words[count...]].map { $0.joined(separator: ",") }
          .joined(separator: " ")
      }
      throw UsageError(
        "which files belong together? Join those of one model by commas: "
          + ways.joined(separator: ", or "))
    }
  }

  /// Reads a model from files, whose contents say what format they are.
  ///
  /// - Throws: `FormatError` for files that no format knows or that do not belong together.
  public static func read(
    _ files: [InputFile], options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> Model {
    Progress.say("reading \(files.map(\.name).joined(separator: ", "))")
    defer { Progress.clear() }
    return try ModelFormats.read(files, options: options).model
  }
}

/// The version of the toolkit.
public let toolkitVersion = "0.1.0"
