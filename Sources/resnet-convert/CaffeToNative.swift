import ArgumentParser
import ResNetKit
import ToolSupport

struct CaffeToNative: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "caffe-to-native",
    abstract: "Convert a Caffe model to the native format.")

  @Option(help: "The definition; without it, the one inside the caffemodel is used.")
  var prototxt: String?

  @Option(help: "The weights.")
  var caffemodel: String

  @Option(help: "The mean image, a binaryproto.")
  var mean: String?

  @Option(help: "The names of the classes, one a line.")
  var labels: String?

  @OptionGroup var output: OutputArguments
  @OptionGroup var reading: ReadingArguments

  func run() throws {
    let target = try output.format(among: [.native])
    let source = CaffeSource(
      definition: try prototxt.map(InputFile.init(path:)),
      weights: try InputFile(path: caffemodel),
      mean: try mean.map(InputFile.init(path:)),
      labels: try labels.map(InputFile.init(path:)))
    let conversion = try Conversion(of: source.files, to: target, output) {
      let model = try CaffeFormat().readModel(from: source, options: reading.options)
      return (model, model.provenance.ledger)
    }
    try conversion.run(json: output.json)
  }
}
