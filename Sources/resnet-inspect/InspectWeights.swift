import ArgumentParser
import ResNetKit
import ToolSupport

struct InspectWeights: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Look at the weights: ranges, dead and equal filters, normalizations, rounding.",
    usage: "resnet-inspect weights MODEL [<options>]",
    discussion: """
      What deserves attention comes first, the most important first. Tensors of files that do not \
      say what is done with them are described as a whole.

      Outliers are more than 6 standard deviations from the mean of their tensor. Filters are the \
      kernels of an output channel: zero, constant (one number throughout), or equal to an earlier \
      one bit by bit. A variance of batch normalization is small below epsilon, and huge above 10,000 \
      times the median of its layer; a gamma is near 0 below a thousandth of the largest of its \
      layer. Statistics are those of an untrained net if all means are 0 and all variances 1, or \
      Caffe's factor is 0.

      SQNR is what rounding costs: the energy of the weights over that of the errors, in decibels, \
      +6 for each bit. int8 has integers from -127 to 127 times the largest magnitude over 127, of \
      the tensor or of each output channel. Numbers too large for float16 are counted apart.

      Examples:
        resnet-inspect weights net.resnet
        resnet-inspect weights net.h5 --layer 'conv2d_1*' --channels
        resnet-inspect weights net.onnx --npz weights.npz
      """)

  @OptionGroup var model: ModelArguments

  @Option(
    help: ArgumentHelp(
      "Only layers with such a name: * stands for any characters, ? for one.",
      valueName: "pattern"))
  var layer: String?

  @Flag(help: "Add a row for each output channel.")
  var channels = false

  @Option(
    help: ArgumentHelp(
      "Write all tensors to this .npz, which NumPy reads; bfloat16 as float32.", valueName: "file"),
    completion: .file())
  var npz: String?

  @OptionGroup var report: ReportArguments

  @OptionGroup var reading: ReadingArguments

  func validate() throws {
    guard npz?.lowercased().hasSuffix(".npz") ?? true else {
      throw ValidationError(
        "\(npz ?? ""): expected a name that ends in .npz, which is what is written")
    }
  }

  func run() throws {
    let files = try model.open(reading)
    let output = try report.prepare(besides: files)
    let archive = try npz.map {
      try OutputFile(path: $0, replacing: report.force, inputs: files)
    }
    let (found, arrays) = try files.blamingChanges { try describe(files) }
    // The archive first: if it cannot be written, nothing is printed.
    if let archive { try write(arrays, to: archive) }
    try output.emit(found)
  }

  /// The report, and the tensors for an archive.
  private func describe(
    _ files: [InputFile]
  ) throws -> (Report, [(name: String, tensor: Tensor)]) {
    let pattern = layer.map { NamePattern($0) }
    let progress = ProgressCount(.bytes("looking at the weights"))
    do {
      let model = try ModelArguments.read(files, options: reading.options)
      let inspection = WeightInspection(
        of: model.network, layers: { pattern?.matches($0) ?? true },
        progress: { progress.report($0, of: $1) })
      try requireMatch(inspection, model.network.nodes.map(\.name))
      return (
        inspection.report(
          on: model.network.name, notes: model.provenance.notes, channels: channels),
        model.network.weights
      )
    } catch let error as FormatError where error.kind == .badModel {
      let format = try ModelFormats.format(of: files)
      guard format.haveWeightsOnly(files) else { throw error }
      let stored = try format.storedArrays(in: files)
      let inspection = WeightInspection(
        of: stored.arrays, named: { pattern?.matches($0) ?? true },
        progress: { progress.report($0, of: $1) })
      try requireMatch(inspection, stored.arrays.map(\.name))
      let notes = ["these are weights alone: \(error.reason)"] + stored.notes
      let name = files.map(\.name).joined(separator: ", ")
      return (
        inspection.report(on: name, notes: notes, channels: channels), stored.arrays
      )
    }
  }

  private func requireMatch(_ inspection: WeightInspection, _ names: [String]) throws {
    guard let layer, inspection.tensors.isEmpty else { return }
    throw UsageError(
      "--layer \(layer): no layer with weights has such a name"
        + NearName.question(about: layer, among: names))
  }

  private func write(
    _ arrays: [(name: String, tensor: Tensor)], to archive: OutputFile
  ) throws {
    Progress.say("writing \(archive.name)")
    let names = NPZ.names(for: arrays.map(\.name))
    try NPZ.write(zip(names, arrays).map { ($0, $1.tensor) }, to: archive)
    var notes: [String] = []
    let widened = arrays.count { $0.tensor.elementType == .bfloat16 }
    if widened > 0 {
      notes.append(
        "\(archive.name): \(widened) arrays of bfloat16 were widened to float32, since NumPy has "
          + "no such type")
    }
    let renamed = zip(names, arrays).filter { $0 != $1.name }
    if let (name, array) = renamed.first {
      notes.append(
        "\(archive.name): \(renamed.count) arrays have other names, since those in an archive are "
          + "paths: \(array.name) is \(name)")
    }
    report.say(notes)
  }
}
