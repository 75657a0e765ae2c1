import ArgumentParser
import ResNetKit
import ToolSupport

struct InspectPaper: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paper",
    abstract: "Compute the tables of the papers, and find the network that a model is.",
    usage: "resnet-inspect paper [MODEL] [<options>]",
    discussion: """
      Layers, output sizes, parameters and multiply-accumulates of every published ResNet with \
      shortcuts A, B and C, of plain nets, of those for CIFAR, of wider and grouped ones and of VGG, \
      all counted on graphs, beside the figures that were published. A figure agrees where the count, \
      rounded to its digits, is the same; "cut off" where its other digits were left out instead.

      With a model, the row it is gets marked, or what differs from the nearest is said. It is \
      compared by its graph, whatever its names; a definition without weights is enough.

      Examples:
        resnet-inspect paper
        resnet-inspect paper net.caffemodel net.prototxt --json
        resnet-inspect paper --csv --table cifar
        resnet-inspect paper --svg paper.svg
      """)

  @Argument(
    help: "A model: \(ModelArguments.explanation). Contents say what a file is.",
    completion: .file())
  var model: [String] = []

  @OptionGroup var reading: ReadingArguments

  @OptionGroup(title: "Report") var reporting: ReportArguments

  func run() throws {
    let files = model.isEmpty ? [] : try ModelArguments.openOne(model, reading)
    let output = try reporting.prepare(besides: files)
    let networks = try PaperNetwork.all()
    guard !files.isEmpty else {
      return try output.emit(PaperNetwork.report(on: networks, try PaperStage.all()))
    }
    let (match, notes) = try files.blamingChanges { try self.match(files, among: networks) }
    var report = PaperNetwork.report(
      on: networks, try PaperStage.all(), beside: match, of: files[0].name)
    report.notes += notes
    try output.emit(report)
  }

  /// Where the model stands, and what was assumed while it was read.
  private func match(
    _ files: [InputFile], among networks: [PaperNetwork]
  ) throws -> (PaperMatch, notes: [String]) {
    let options = reading.options
    if let definition = try ModelFormats.readDefinition(files, options: options) {
      let match = try PaperMatch(of: definition, among: networks)
      return (match, definition.provenance.notes)
    }
    let model = try ModelArguments.read(files, options: options)
    return (try PaperMatch(of: model, among: networks), model.provenance.notes)
  }
}
