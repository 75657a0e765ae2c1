import ArgumentParser
import ResNetKit
import ToolSupport

struct ShowResponses: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "responses",
    abstract: "Show what the values of a model are like over images: scale, zeros, dead channels.",
    usage: """
      resnet-inspect responses MODEL [--input X.npz | --random N] [<options>]
      resnet-inspect responses --figure7 MODEL ... [--input X.npz | --random N] [<options>]
      """,
    discussion: """
      Mean, standard deviation, extremes, zeros, and numbers that are not finite or subnormal of \
      every value; channels that a rectifier never lets through; the energy of each residual \
      branch against its shortcut. Statistics are kept in double and take no more memory for more \
      images. Images of noise are pixels of 0 to 255 where the model says what is done to pixels, \
      else they have mean 0 and variance 1. With --strict the values are bit by bit those that \
      resnet-verify run --strict writes.

      Without images the responses are estimated from batch normalization alone: in each channel \
      the mean is beta and the standard deviation |gamma|.

      --figure7 draws figure 7 of "Deep Residual Learning": the standard deviation of the response \
      of each 3x3 convolution, after batch normalization and before the nonlinearity, in the order \
      of the layers and ranked; several models in one picture, files of one model joined by commas.

      Examples:
        resnet-inspect responses net.resnet --random 100 --seed 1
        resnet-inspect responses net.resnet --input images.npz --channels conv1_relu
        resnet-inspect responses --figure7 r20.resnet p20.resnet --svg f7.svg
      """)

  @OptionGroup var model: ModelArguments

  @Option(
    help: "An .npz with the array input, or one array under each input's name.",
    completion: .file())
  var input: String?

  @Option(help: ArgumentHelp("So many images of noise.", valueName: "count"))
  var random: Int?

  @Option(help: "What the noise follows from.")
  var seed: UInt64 = 1

  @Option(help: "Images in a run; if left out, as many as make 150,528 numbers, 64 at most.")
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      "The values to look at: names joined by commas; all if left out.", valueName: "names"))
  var values: String?

  @Option(
    help: ArgumentHelp(
      "Values whose channels are listed one by one: all, or names joined by commas.",
      valueName: "names"))
  var channels: String?

  @Flag(name: .customLong("figure7"), help: "Draw figure 7 of the first ResNet paper.")
  var drawsFigure = false

  @OptionGroup var execution: ExecutionArguments
  @OptionGroup var reading: ReadingArguments
  @OptionGroup var report: ReportArguments

  func validate() throws {
    guard input == nil || random == nil else {
      throw ValidationError("--input and --random: expected one of them")
    }
    guard random.map({ (1...100_000_000).contains($0) }) ?? true else {
      throw ValidationError("--random: expected 1 to 100000000, found \(random ?? 0)")
    }
    guard batch.map({ (1...100_000).contains($0) }) ?? true else {
      throw ValidationError("--batch: expected 1 to 100000, found \(batch ?? 0)")
    }
    guard !drawsFigure || values == nil && channels == nil else {
      throw ValidationError("--figure7 takes no --values or --channels: it has its own")
    }
    guard input != nil || random != nil || channels == nil && values == nil else {
      throw ValidationError("--values and --channels need images: --input or --random")
    }
  }

  func run() throws {
    if drawsFigure {
      try drawFigure()
    } else {
      try show()
    }
  }

  private func show() throws {
    let files = try model.open(reading)
    let output = try report.prepare(besides: files)
    let model = try files.blamingChanges {
      try ModelArguments.read(files, options: reading.options)
    }
    guard let images = try self.images(for: model) else {
      try output.emit(Report(estimatesOf: model))
      return
    }
    let wanted = try names(values, "--values", in: model.network)
    let listed = try channels == "all" ? nil : names(channels, "--channels", in: model.network)
    let run = try responses(of: model.network, to: images, wanted)
    try output.emit(
      Report(
        run, of: model, to: images.description,
        channelsOf: channels == nil ? [] : listed ?? Set(run.values.map(\.value))))
  }

  private func drawFigure() throws {
    var files: [[InputFile]] = []
    for word in model.model { files.append(try reading.prepare(ModelArguments.open(word))) }
    let output = try report.prepare(besides: files.flatMap { $0 })
    var lines: [ResponseFigure.Line] = []
    var description: String?
    for (word, files) in zip(model.model, files) {
      let model = try ModelArguments.read(files, options: reading.options)
      let layers = ResponseLayer.all(in: model.network)
      guard !layers.isEmpty else {
        throw UsageError("\(word): the network has no 3x3 convolutions, which figure 7 is about")
      }
      let images = try self.images(for: model)
      description = description ?? images?.description
      let run = try images.map {
        try responses(of: model.network, to: $0, Set(layers.map(\.value)))
      }
      lines.append(
        ResponseFigure.Line(
          model: model.network.name, layers: layers, run: run,
          isResidual: !ResidualUnit.all(in: model.network).isEmpty))
    }
    try output.emit(Report(ResponseFigure(lines: lines), of: description))
  }

  private func responses(
    of network: Network, to images: ImageBatches, _ names: Set<String>?
  ) throws -> ResponseRun {
    let first = try images.images(0..<min(images.batchSize, images.count))
    var run = try ResponseRun(
      of: network, observing: names, inputShapes: first.mapValues(\.shape),
      options: execution.options)
    try images.forEach { try run.add($0) }
    return run
  }

  /// The images that the command line asks for; nil for none.
  private func images(for model: Model) throws -> ImageBatches? {
    if let input {
      return try .arrays(InputArrays.read(input, for: model), from: input, batch)
    }
    return random.map {
      .random($0, seed: seed, for: model, batch, shape: reading.inputShape)
    }
  }

  /// The values that an option names; nil for all.
  private func names(
    _ words: String?, _ option: String, in network: Network
  ) throws -> Set<String>? {
    guard let words else { return nil }
    let known = network.nodes.flatMap(\.outputs)
    let names = words.split(separator: ",").map(String.init)
    for name in names where !known.contains(name) {
      throw UsageError(
        "\(option): the network has no value named \(name)"
          + NearName.question(about: name, among: known))
    }
    return Set(names)
  }
}
