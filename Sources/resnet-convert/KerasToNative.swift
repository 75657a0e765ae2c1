import ArgumentParser
import ResNetKit
import ToolSupport

struct KerasToNative: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keras-to-native",
    abstract: "Convert a Keras model to the native format.")

  @Argument(
    help: """
      The model, *.keras or *.h5; or its weights, and the *.json of its architecture if there is \
      one.
      """)
  var inputs: [String]

  @OptionGroup var output: OutputArguments
  @OptionGroup var reading: ReadingArguments

  func run() throws {
    let target = try output.format(among: [.native])
    var files: [InputFile] = []
    for path in inputs { files.append(try InputFile(path: path)) }
    let conversion = try Conversion(of: files, to: target, output) {
      let model = try KerasFormat().readModel(from: files, options: reading.options)
      return (model, model.provenance.ledger)
    }
    try conversion.run(json: output.json)
  }
}
