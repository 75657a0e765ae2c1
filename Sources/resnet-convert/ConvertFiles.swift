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
    let target = try output.format(among: [.native, .caffe, .keras])
    var files: [InputFile] = []
    for path in inputs { files.append(try InputFile(path: path)) }
    let conversion = try Conversion(of: files, to: target, output) {
      let format = try ModelFormats.format(of: files)
      let model = try format.readModel(from: files, options: reading.options)
      return (model, format.ledger(of: model, in: files))
    }
    try conversion.run(json: output.json)
  }
}
