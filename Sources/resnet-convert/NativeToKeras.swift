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
    let conversion = try Conversion(ofNative: input, to: .keras, output, reading.options)
    try conversion.run(json: output.json)
  }
}
