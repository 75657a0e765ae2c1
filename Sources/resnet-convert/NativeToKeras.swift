import ArgumentParser
import ResNetKit
import ToolSupport

struct NativeToKeras: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "native-to-keras",
    abstract: "Convert a model in the native format to a file of Keras.",
    usage: "resnet-convert native-to-keras NAME.resnet -o NAME.keras [<options>]",
    discussion: """
      Examples:
        resnet-convert native-to-keras net.resnet -o net.keras
        resnet-convert native-to-keras net.resnet -o net.weights.h5 -o net.json
      """)

  @Argument(help: "The model, NAME.resnet.", completion: .file())
  var input: String

  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup var shape: InputShapeArguments

  func run() throws {
    let conversion = try Conversion(
      ofNative: input, to: KerasFormat(), output, ReadingOptions(shape))
    try conversion.run()
  }
}
