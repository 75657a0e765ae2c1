import ArgumentParser
import ResNetKit
import ToolSupport

struct KerasToNative: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keras-to-native",
    abstract: "Convert a Keras model to the native format.",
    usage: "resnet-convert keras-to-native FILE ... -o NAME.resnet [<options>]",
    discussion: """
      Examples:
        resnet-convert keras-to-native net.keras -o net.resnet
        resnet-convert keras-to-native net.weights.h5 net.json -o net.resnet
      """)

  @OptionGroup var source: ModelArguments

  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup var shape: InputShapeArguments
  @OptionGroup(title: "Options for models of Keras") var keras: KerasReadingArguments

  func run() throws {
    let target = try output.target(among: [NativeFormat()])
    let files = try source.open()
    let conversion = try Conversion(of: files, to: target, output) {
      let model = try KerasFormat().readModel(
        from: files, options: ReadingOptions(shape, keras: keras))
      return (model, model.provenance.ledger)
    }
    try conversion.run()
  }
}
