import ArgumentParser
import ResNetKit
import ToolSupport

/// A format as the commands know it: its files and what the user can say about reading them.
protocol CommandFormat {
  associatedtype Files: SourceArguments
  associatedtype Reading: FormatReadingArguments

  static var format: any ModelFormat { get }
}

/// The files of a model on the command line of one format.
protocol SourceArguments: ParsableArguments {
  /// How they are written in a usage line.
  static var usage: String { get }
  /// Opens the files.
  ///
  /// - Throws: `FormatError` for a file that cannot be opened.
  func open() throws -> [InputFile]
  /// Reads the model.
  ///
  /// - Throws: `FormatError` naming file and place.
  func read(
    _ files: [InputFile], as format: any ModelFormat, options: ReadingOptions
  ) throws -> ReadModel
}

extension SourceArguments {
  func read(
    _ files: [InputFile], as format: any ModelFormat, options: ReadingOptions
  ) throws -> ReadModel {
    try format.readModel(from: files, options: options)
  }
}

extension ModelArguments: SourceArguments {
  static var usage: String { "FILE ..." }
}

/// `caffe-to-native` and its kin: one for each two formats of the list.
struct ConvertPair<Source: CommandFormat, Target: CommandFormat>: ParsableCommand {
  static var configuration: CommandConfiguration {
    let (source, target) = (Source.format, Target.format)
    let name = "\(source.name)-to-\(target.name)"
    let output =
      target.outputNaming.split(separator: " ").first.map { $0.filter { $0 != "," } } ?? ""
    return CommandConfiguration(
      commandName: name,
      abstract: "Convert a model of \(source.title) to \(target.title).",
      usage: "resnet-convert \(name) \(Source.Files.usage) -o \(output) [<options>]",
      discussion: "Writes \(target.outputNaming).")
  }

  @OptionGroup var source: Source.Files
  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup var shape: InputShapeArguments
  @OptionGroup(title: "Reading") var reading: Source.Reading

  func run() throws {
    let target = try output.target(among: [Target.format])
    let files = try reading.prepare(source.open())
    let conversion = try Conversion(of: files, to: target, output) {
      var options = ReadingOptions(shape)
      reading.apply(to: &options)
      return try source.read(files, as: Source.format, options: options)
        .settlingNumbers(of: files, options: options)
    }
    try conversion.run()
  }
}
