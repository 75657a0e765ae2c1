import ArgumentParser
import ResNetKit
import ToolSupport

@main
struct ResnetInspect: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-inspect",
    abstract: "Summarize a model: layers, cost, weights, and which published ResNet it is.",
    usage: "resnet-inspect MODEL [<options>]",
    discussion: """
      Examples:
        resnet-inspect net.resnet
        resnet-inspect net.prototxt net.caffemodel
        resnet-inspect net.resnet --check

      Parameters are the weights that training learns; running statistics are not counted. MACs are \
      the multiply-accumulates of convolutions and matrix products. Minimum, maximum, mean and \
      standard deviation are of all weights of a layer.

      Exit codes: 0 good, 64 usage, 65 bad model, 66 no input, 74 reading failed, 75 out of \
      memory, 128 + N ended by signal N.
      """,
    version: toolkitVersion)

  @OptionGroup var model: ModelArguments

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Verify every byte of a native file against its checksums.")
  var check = false

  @Flag(help: "Time the opening of a native file: the median of 100.")
  var timeOpen = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  @OptionGroup var notes: NoteArguments

  func run() throws {
    let files = try model.open()
    if check || timeOpen {
      guard files.count == 1 else { throw UsageError("--check and --time-open take a native file") }
      try NativeInspection(file: files[0], json: json).run(check: check, timeOpen: timeOpen)
      return
    }
    let model = try ModelArguments.read(files, options: reading.options)
    Progress.say("reading the weights")
    let summary = try ModelSummary(of: model)
    Progress.clear()
    if !json { notes.say(model.provenance.notes) }
    print(json ? summary.json(of: model).prettyText() : summary.text(of: model))
  }
}
