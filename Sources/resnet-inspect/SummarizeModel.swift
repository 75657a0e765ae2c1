import ArgumentParser
import ResNetKit
import ToolSupport

struct SummarizeModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Summarize a model: layers, cost, weights, and which published ResNet it is.",
    usage: "resnet-inspect MODEL [<options>]",
    discussion: """
      A definition alone (*.prototxt, *.json) is summarized without its weights; weights that do \
      not say what is done with them are listed.

      Parameters are the weights that training learns; running statistics are not counted. MACs are \
      the multiply-accumulates of convolutions and matrix products; FLOPs count each as two \
      operations, and one for each other operation of an element. The field is what an element of \
      the output sees of the image. Minimum, maximum, mean and standard deviation are of all \
      weights of a layer.

      Where the terminal has no room for all columns, those that can be spared are left out.

      Examples:
        resnet-inspect net.resnet --sort MACs --top 10
        resnet-inspect net.onnx --layer 'layer3.*' --csv
        resnet-inspect net.prototxt --depth 1
      """,
    aliases: ["model"])

  @OptionGroup var model: ModelArguments

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Verify every byte of a native file against its checksums.")
  var check = false

  @Flag(help: "Time the opening of a native file: the median of 100.")
  var timeOpen = false

  @Flag(help: "List the tensors in the files, whether or not their layers can be read.")
  var tensors = false

  @OptionGroup(title: "What is shown") var choice: LayerChoice

  @OptionGroup(title: "Report") var reporting: ReportArguments

  func run() throws {
    let files = try model.open(reading)
    let output = try reporting.prepare(besides: files)
    if check || timeOpen {
      guard files.count == 1 else { throw UsageError("--check and --time-open take a native file") }
      try output.emit(NativeInspection(file: files[0]).report(check: check, timeOpen: timeOpen))
      return
    }
    try output.emit(try files.blamingChanges { try self.report(on: files) })
  }

  private func report(on files: [InputFile]) throws -> Report {
    let format = try ModelFormats.format(of: files)
    if tensors { return try TensorList(of: files, as: format).report }
    if let definition = try format.readDefinition(from: files, options: reading.options) {
      return try choice.apply(to: ModelSummary(of: definition).report())
    }
    do {
      let model = try ModelArguments.read(files, options: reading.options)
      Progress.say("reading the weights")
      return try choice.apply(to: ModelSummary(of: model).report())
    } catch let error as FormatError where error.kind == .badModel {
      guard format.haveWeightsOnly(files) else { throw error }
      return try TensorList(of: files, as: format, reason: error.reason).report
    }
  }
}
