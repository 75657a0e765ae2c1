import ArgumentParser
import ResNetKit
import ToolSupport

struct NativeToCaffe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "native-to-caffe",
    abstract: "Convert a model in the native format to Caffe's files.",
    usage: """
      resnet-convert native-to-caffe NAME.resnet -o NET.prototxt -o NET.caffemodel [<options>]
      resnet-convert native-to-caffe NAME.resnet -o FOLDER/ [<options>]
      """)

  @Argument(help: "The model, NAME.resnet.", completion: .file())
  var input: String

  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup var shape: InputShapeArguments

  func run() throws {
    let conversion = try Conversion(
      ofNative: input, to: CaffeFormat(), output, ReadingOptions(shape))
    try conversion.run()
  }
}
