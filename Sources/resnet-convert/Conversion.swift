import ArgumentParser
import ResNetKit
import ToolSupport

/// Where a converted model goes.
struct OutputArguments: ParsableArguments {
  @Option(name: [.short, .long], help: "The file to write: NAME.resnet.")
  var output: String?

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(help: "Print the layers and the ledger, and write nothing.")
  var dryRun = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard let output else {
      guard dryRun else { throw ValidationError("Missing expected argument '--output <output>'") }
      return
    }
    guard output.hasSuffix(".resnet") else {
      throw ValidationError("\(output): expected an output named *.resnet")
    }
  }

  /// The file to write, checked before anything is read; nil for a dry run.
  func file(besides inputs: [InputFile]) throws(FormatError) -> OutputFile? {
    guard !dryRun, let output else { return nil }
    return try OutputFile(path: output, replacing: force, inputs: inputs.map(\.identity))
  }
}

/// A model on its way to a file.
struct Conversion {
  let model: Model
  /// Where it goes; nil for a dry run.
  let output: OutputFile?

  /// Writes the model and reports.
  func run(json: Bool) throws {
    if let output {
      Progress.say("writing \(output.path)")
      try NativeFormat().write(model, to: output)
    }
    Progress.clear()
    print(json ? report.prettyText() : output == nil ? try plan() : summary)
  }

  private var summary: String {
    let weights = model.network.weights
    let elements = weights.reduce(0) { $0 + $1.tensor.shape.elementCount }
    let ledger = model.provenance.ledger.entries.count
    let notes = model.provenance.notes.map { "note: \($0)" }
    let line =
      "\(output?.path ?? ""): \(model.network.nodes.count) layers, \(weights.count) weights of "
      + "\(elements.grouped) numbers; ledger: \(ledger) source tensors, each used exactly once"
    return (notes + [line]).joined(separator: "\n")
  }

  /// The layers as they were understood, and what became of each source tensor.
  private func plan() throws -> String {
    let shapes = try model.network.shapes()
    var layers = TextTable([
      ("layer", .leading), ("type", .leading), ("reads", .leading), ("output", .leading),
    ])
    for node in model.network.nodes {
      layers.add([
        node.name, node.layer.typeName, node.inputs.joined(separator: ", "),
        node.outputs.compactMap { shapes[$0]?.description }.joined(separator: ", "),
      ])
    }
    var ledger = TextTable([
      ("source tensor", .leading), ("byte offset", .trailing), ("bytes", .trailing),
      ("weight", .leading), ("transforms", .leading),
    ])
    for entry in model.provenance.ledger.entries {
      ledger.add([
        entry.source, "\(entry.byteOffset)", "\(entry.byteCount)", entry.target,
        entry.transforms.map(\.description).joined(separator: ", "),
      ])
    }
    let notes = model.provenance.notes.map { "note: \($0)" }
    return ([layers.description, "", ledger.description] + notes).joined(separator: "\n")
  }

  private var report: JSON {
    .members([
      "output": output.map { .string($0.path) },
      "source": .string(model.provenance.format),
      "layers": .strings(model.network.nodes.map(\.name)),
      "notes": .strings(model.provenance.notes),
      "ledger": .array(
        model.provenance.ledger.entries.map { entry in
          .members([
            "source": .string(entry.source), "byteOffset": .count(entry.byteOffset),
            "byteCount": .count(entry.byteCount),
            "transforms": .strings(entry.transforms.map(\.description)),
            "target": .string(entry.target),
          ])
        }),
    ])
  }
}
