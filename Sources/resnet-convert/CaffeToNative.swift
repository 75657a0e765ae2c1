import ArgumentParser
import ResNetKit
import ToolSupport

struct CaffeToNative: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "caffe-to-native",
    abstract: "Convert a Caffe model to the native format.",
    usage: """
      resnet-convert caffe-to-native --caffemodel FILE [--prototxt FILE] -o NAME.resnet [<options>]
      """,
    discussion: """
      Example:
        resnet-convert caffe-to-native --prototxt net.prototxt \\
          --caffemodel net.caffemodel --labels synset.txt -o net.resnet
      """)

  @Option(
    help: "The definition; without it, the one inside the caffemodel is used.",
    completion: .file())
  var prototxt: String?

  @Option(help: "The weights.", completion: .file())
  var caffemodel: String

  @Option(help: "The mean image, a binaryproto.", completion: .file())
  var mean: String?

  @Option(help: "The names of the classes, one a line.", completion: .file())
  var labels: String?

  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup var shape: InputShapeArguments
  @OptionGroup(title: "Options for models of Caffe") var caffe: CaffeReadingArguments

  func run() throws {
    let target = try output.target(among: [NativeFormat()])
    let source = CaffeSource(
      definition: try prototxt.map(InputFile.init(modelAt:)),
      weights: try InputFile(modelAt: caffemodel),
      mean: try mean.map(InputFile.init(path:)),
      labels: try labels.map(InputFile.init(path:)))
    let conversion = try Conversion(of: source.files, to: target, output) {
      let model = try CaffeFormat().readModel(
        from: source, options: ReadingOptions(shape, caffe: caffe))
      return (model, model.provenance.ledger)
    }
    try conversion.run()
  }
}
