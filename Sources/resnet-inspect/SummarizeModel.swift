import ArgumentParser
import ResNetKit
import ToolSupport

struct SummarizeModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Summarize a model: layers, cost, weights, and which published ResNet it is.",
    usage: "resnet-inspect MODEL [<options>]",
    discussion: """
      A definition alone (*.prototxt, *.json) is summarized without its weights; weights that do \
      not say what is done with them are listed.

      Parameters are the weights that training learns; running statistics are not counted. MACs are \
      the multiply-accumulates of convolutions and matrix products. Minimum, maximum, mean and \
      standard deviation are of all weights of a layer.
      """)

  @OptionGroup var model: ModelArguments

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Verify every byte of a native file against its checksums.")
  var check = false

  @Flag(help: "Time the opening of a native file: the median of 100.")
  var timeOpen = false

  @Flag(help: "List the tensors in the files, whether or not their layers can be read.")
  var tensors = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  @OptionGroup var notes: NoteArguments

  func run() throws {
    let files = try model.open(reading)
    if check || timeOpen {
      guard files.count == 1 else { throw UsageError("--check and --time-open take a native file") }
      try NativeInspection(file: files[0], json: json).run(check: check, timeOpen: timeOpen)
      return
    }
    let report = try files.blamingChanges { try self.report(on: files) }
    Progress.clear()
    if !json { notes.say(report.notes) }
    print(report.text)
  }

  /// What is printed, and the notes for standard error.
  private func report(on files: [InputFile]) throws -> (text: String, notes: [String]) {
    let format = try ModelFormats.format(of: files)
    if tensors {
      let list = try TensorList(of: files, as: format)
      return (list.report(json: json), list.stored.notes)
    }
    if let definition = try format.readDefinition(from: files, options: reading.options) {
      return report(on: try ModelSummary(of: definition))
    }
    do {
      let model = try ModelArguments.read(files, options: reading.options)
      Progress.say("reading the weights")
      return report(on: try ModelSummary(of: model))
    } catch let error as FormatError where error.kind == .badModel {
      guard format.haveWeightsOnly(files) else { throw error }
      let list = try TensorList(of: files, as: format, reason: error.reason)
      return (list.report(json: json), list.stored.notes)
    }
  }

  private func report(on summary: ModelSummary) -> (text: String, notes: [String]) {
    (json ? summary.json().prettyText() : summary.text(), summary.provenance.notes)
  }
}
