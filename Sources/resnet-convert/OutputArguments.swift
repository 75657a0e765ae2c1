import ArgumentParser
import ResNetKit
import ToolSupport

/// What a conversion writes, and how.
struct OutputArguments: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: """
      A file to write, named after its kind: NAME.resnet; NAME.keras, NAME.h5 or NAME.weights.h5 \
      (and NAME.json); NAME.onnx; or NET.prototxt and NET.caffemodel, for which the option is repeated; \
      FOLDER/ means all files of Caffe, and is made if it is not there.
      """, completion: .file())
  var output: [String] = []

  @Option(
    help: """
      Write what became of every tensor, with hashes, as JSON to this file; resnet-verify receipt \
      checks it.
      """, completion: .file())
  var receipt: String?

  @Option(
    help: """
      The recipe for images to write into the model, instead of the one that was recognized: caffe \
      (blue first, minus means), tf (from -1 to 1), torch (means and deviations) or none. Nothing \
      is applied to tensors.
      """)
  var preprocessing: Recipe?

  /// A recipe for images on the command line.
  enum Recipe: String, ExpressibleByArgument, CaseIterable {
    case caffe, tf, torch, none
  }

  @Flag(help: "Replace outputs that exist.")
  var force = false

  @Flag(help: "Print the layers and the ledger, and write nothing.")
  var dryRun = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  @OptionGroup var notes: NoteArguments
  @OptionGroup(title: "Options for outputs of ONNX") var onnx: ONNXWritingArguments

  /// The format that the outputs ask for, and what their names mean.
  typealias Target = (format: any ModelFormat, outputs: [OutputPath])

  /// What the names of the outputs ask for; nil for a dry run without outputs.
  ///
  /// - Parameter allowed: the formats that the command writes.
  /// - Throws: `UsageError` for no name, `FormatError` for names that make no model of one of them.
  func target(among allowed: [any ModelFormat] = ModelFormats.all) throws -> Target? {
    // Not in `validate`, which the parser calls before it looks at misspelled options.
    guard !output.isEmpty else {
      if dryRun { return nil }
      throw UsageError(
        "Missing expected argument '--output <output>': name a file to write, or plan with --dry-run"
      )
    }
    return try ModelFormats.format(ofOutputs: output, among: allowed)
  }

  /// How they are written.
  private var options: WritingOptions {
    var options = WritingOptions()
    onnx.add(to: &options)
    return options
  }

  /// The files to write, checked before anything is read; nil for a dry run.
  ///
  /// - Parameter name: what files in a folder are called; nil: as the first input.
  func destination(
    besides inputs: [InputFile], named name: String? = nil, as target: Target?
  ) throws(FormatError) -> (any ModelDestination)? {
    guard !dryRun, let target else { return nil }
    let first = inputs.first?.name ?? "net"
    let stem = name ?? first.lastIndex(of: ".").map { String(first[..<$0]) } ?? first
    return try target.format.destination(
      target.outputs, stem: stem, options: options
    ) { path throws(FormatError) in
      try file(path, besides: inputs)
    }
  }

  /// The folder for the outputs, made if it is not there; nil if it is, or none is named.
  func newFolder() throws(FormatError) -> NewFolder? {
    guard !dryRun, let path = output.first, path.hasSuffix("/") else { return nil }
    return try NewFolder(path: path)
  }

  /// The file for the receipt, if one is asked for.
  func receiptFile(besides inputs: [InputFile]) throws(FormatError) -> OutputFile? {
    guard !dryRun, let receipt else { return nil }
    return try file(receipt, besides: inputs)
  }

  private func file(
    _ path: String, besides inputs: [InputFile]
  ) throws(FormatError) -> OutputFile {
    var file = try OutputFile(path: path, replacing: force, inputs: inputs)
    let progress = ProgressCount(.bytes("writing \(file.name)"))
    file.progress = { written, total in
      if let total { progress.report(written, of: total) }
    }
    return file
  }
}

extension OutputArguments.Recipe {
  /// The recipe in place of what the model has.
  ///
  /// - Throws: `UsageError` for a network of other images than the recipe's.
  func replacePreprocessing(of model: inout Model) throws {
    guard let published = Preprocessing.Published(rawValue: rawValue) else {
      model.preprocessing = nil
      return
    }
    let shapes = model.network.inputs.map(\.shape)
    guard shapes.contains(where: { $0.rank == 4 && $0[1] == 3 }) else {
      throw UsageError(
        "--preprocessing \(rawValue) is for images of 3 channels, the network reads "
          + shapes.map(\.description).joined(separator: ", "))
    }
    model.preprocessing = Preprocessing(published)
  }
}
