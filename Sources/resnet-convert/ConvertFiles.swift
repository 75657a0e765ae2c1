import ArgumentParser
import ResNetKit
import ToolSupport

struct ConvertFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "Convert the files of a model; their contents say what format they are.")

  @Argument(help: "The files of one model, in any order.")
  var inputs: [String]

  @OptionGroup var output: OutputArguments
  @OptionGroup var reading: ReadingArguments

  func run() throws {
    var files: [InputFile] = []
    for path in inputs { files.append(try InputFile(path: path)) }
    let destination = try output.file(besides: files)
    let model = try ModelArgument.read(files, options: reading.options)
    try Conversion(model: model, output: destination).run(json: output.json)
  }
}
