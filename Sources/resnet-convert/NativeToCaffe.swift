import ArgumentParser
import ResNetKit
import ToolSupport

struct NativeToCaffe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "native-to-caffe",
    abstract: "Convert a model in the native format to Caffe's files.")

  @Argument(help: "The model, NAME.resnet.")
  var input: String

  @OptionGroup var output: OutputArguments
  @OptionGroup var reading: ReadingArguments

  func run() throws {
    let conversion = try Conversion(ofNative: input, to: .caffe, output, reading.options)
    try conversion.run(json: output.json)
  }
}
