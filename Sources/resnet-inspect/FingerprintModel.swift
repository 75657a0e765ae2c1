import ArgumentParser
import ResNetKit
import ToolSupport

struct FingerprintModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprint",
    abstract: "Hash what a model computes: the same for its copies in all formats.",
    usage: "resnet-inspect fingerprint MODEL [<options>]",
    discussion: """
      Two models with one fingerprint compute the same thing with the same weights, as float32. Names, \
      containers, layouts, the order of files and the batch do not count, nor in how many layers batch \
      normalization or padding is written; a weight that differs by one bit, another stride or \
      exchanged layers do. How it is made: schemas/fingerprint.md; schemas/fingerprint.py makes it of \
      a .resnet file without this program.

      Labels and the preprocessing of images are not part of it. Weights that were rounded to fewer \
      bits, or into which batch normalization was folded, are other weights.

      Examples:
        resnet-inspect fingerprint net.resnet
        resnet-inspect fingerprint net.prototxt net.caffemodel --terms
      """)

  @OptionGroup var model: ModelArguments

  @Flag(help: "List the operations it is made of, each with its own hash.")
  var terms = false

  @OptionGroup var report: ReportArguments

  @OptionGroup var reading: ReadingArguments

  func run() throws {
    let files = try model.open(reading)
    let output = try report.prepare(besides: files)
    let found = try files.blamingChanges {
      let model = try ModelArguments.read(files, options: reading.options)
      Progress.say("hashing \(model.network.name)")
      var shapes: [String: Shape] = [:]
      if let shape = reading.inputShape, model.network.inputs.count == 1 {
        shapes[model.network.inputs[0].name] = shape
      }
      return try Fingerprint(of: model.network, inputShapes: shapes)
        .report(on: model, listsTerms: terms)
    }
    try output.emit(found)
  }
}

extension Fingerprint {
  fileprivate func report(on model: Model, listsTerms: Bool) -> Report {
    var report = Report(kind: "fingerprint", title: "\(model.network.name): fingerprint")
    report.facts = [
      .init("fingerprint", "fingerprint", .text(text)),
      .init("termCount", "operations", .count(terms.count)),
    ]
    if listsTerms { report.tables = [table] }
    report.notes = model.provenance.notes
    return report
  }

  private var table: Report.Table {
    var table = Report.Table(
      "terms", "Operations",
      [
        .init("index", "", .trailing), .init("operation", "operation"),
        .init("inputs", "reads", dispensability: 1), .init("digest", "hash", dispensability: 2),
      ])
    for (index, term) in terms.enumerated() {
      table.add([
        .count(index), .text(term.line), .list(term.inputs.map { .count($0) }), .text(term.digest),
      ])
    }
    return table
  }
}
