import ArgumentParser
import ResNetKit
import ToolSupport

struct CompareNetworks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what two models differ in: layers, settings, weights, and how.",
    usage: "resnet-inspect diff MODEL OTHER [<options>]",
    discussion: """
      Layers are aligned by the graph, whatever their names: batch norm in one layer or two, folded \
      or not, padding in a layer of its own or in a window. Nothing is run. Weights are equal, the \
      same but stored otherwise, rounded, scaled, zeroed, in another order of channels (which is \
      followed to the layers that read them), those of another layer, or so far apart: the norm of \
      the difference over that of the first, the cosine, the largest difference and where it is.

      Examples:
        resnet-inspect diff net.prototxt,net.caffemodel net.keras
        resnet-inspect diff epoch80.resnet epoch90.resnet --svg diff.svg
        resnet-inspect diff net.resnet pruned.onnx --all --json

      Exit codes: 0 no difference, 1 differences; others as for resnet-inspect.
      """)

  @Argument(
    help: """
      Two models. A model: \(ModelArguments.explanation). Two models whose files lie side by side \
      are parted by what belongs together.
      """, completion: .file())
  var models: [String]

  @Flag(help: "List layers without a difference, too.")
  var all = false

  @OptionGroup var reading: ReadingArguments
  @OptionGroup var report: ReportArguments

  func run() throws {
    let (one, other) = try ModelArguments.openTwo(models, reading)
    let output = try report.prepare(besides: one + other)
    let (first, second) = try (one + other).blamingChanges {
      (
        try ModelArguments.read(one, options: reading.options),
        try ModelArguments.read(other, options: reading.options)
      )
    }
    Progress.say("comparing")
    let difference = NetworkDifference(first.network, second.network)
    let names = [one, other].map { $0.map(\.name).joined(separator: ",") }
    try output.emit(Report(difference, of: names[0], and: names[1], listsAll: all))
    if !difference.isSame { throw Unequal() }
  }
}
