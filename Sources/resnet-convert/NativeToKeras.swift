import ArgumentParser
import ResNetKit
import ToolSupport

struct NativeToKeras: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "native-to-keras",
    abstract: "Convert a model in the native format to a file of Keras.")

  @Argument(help: "The model, NAME.resnet.")
  var input: String

  @OptionGroup var output: OutputArguments
  @OptionGroup var reading: ReadingArguments

  func run() throws {
    let target = try output.format(among: [.keras])
    let file = try InputFile(path: input)
    let conversion = try Conversion(of: [file], to: target, output) {
      let model = try NativeFormat().readModel(from: [file], options: reading.options)
      return (model, NativeFormat().ledger(of: model, in: [file]))
    }
    try conversion.run(json: output.json)
  }
}
