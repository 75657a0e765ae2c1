import ArgumentParser
import ResNetKit
import ToolSupport

struct VerifyModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Compare a model with fixtures, or with another model.",
    discussion: """
      A fixture is one or several .npz files of one network: input (or one array under each input's \
      name), output, and arrays named as values of the network, each the value right after that \
      layer. logits is what enters the last softmax. A name ending in 64 is the same value in \
      float64 and is preferred. name#first12ch holds the first 12 channels. A shorter batch belongs \
      to the first images. An array that matches no value is a failure.

      The bound of a value is six times what rounding to float32 does to it, measured by eight \
      float64 runs with noise of rounding size after every layer. The relative error is the largest \
      error divided by the largest golden magnitude.
      """)

  @Argument(help: "One model, or two to compare. \(ModelArgument.help)")
  var models: [String]

  @Option(help: "A fixture, .npz; several make one.")
  var fixture: [String] = []

  @Option(help: "How images lie in the fixture where shapes allow both: nchw or nhwc.")
  var layout: Fixture.Layout?

  @Option(
    help: "The true class of each image of the fixture, one number a line: prints the accuracy.")
  var classes: String?

  @OptionGroup var engine: EngineArguments
  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard models.count == 1 && !fixture.isEmpty || models.count == 2 && fixture.isEmpty else {
      throw ValidationError("expected one model and --fixture, or two models")
    }
  }

  func run() throws {
    if models.count == 2 {
      try compare()
    } else {
      try verify()
    }
  }

  private func verify() throws {
    let model = try ModelArgument.read(ModelArgument.open(models[0]), options: reading.options)
    var arrays: [(name: String, tensor: Tensor)] = []
    for path in fixture { arrays += try NPZ.read(InputFile(path: path)) }
    let resolved: Fixture
    do {
      resolved = try Fixture(arrays: arrays, for: model, layout: layout)
    } catch { throw error.inFile(fixture.joined(separator: ", ")) }
    Progress.say("measuring what rounding does: 9 float64 runs")
    let scale = try RoundingScale(
      of: model.network, inputs: resolved.inputs, values: Set(resolved.goldens.map(\.value)))
    Progress.say("running the network")
    let result = try FixtureVerification(
      of: model.network, on: resolved, engine: engine.engine, scale: scale)
    Progress.clear()
    let accuracy = try classes.map { path in
      try Accuracy(of: result.predictions, classes: InputFile(path: path))
    }
    print(
      json ? result.json(accuracy).prettyText() : result.text(accuracy))
    if !result.passes { throw Unequal() }
  }

  private func compare() throws {
    let first = try ModelArgument.read(ModelArgument.open(models[0]), options: reading.options)
    let second = try ModelArgument.read(ModelArgument.open(models[1]), options: reading.options)
    let inputs = SeededInput.noise(for: first.network)
    Progress.say("comparing")
    let result = try ModelComparison(
      first.network, second.network, inputs: inputs, threadCount: engine.threads)
    Progress.clear()
    print(json ? result.json.prettyText() : result.text)
    if !result.passes { throw Unequal() }
  }
}

/// How many images a network puts into their true class.
struct Accuracy {
  let correct: Int
  let total: Int

  /// Compares predictions with a file of one class number a line.
  init(of predictions: [Int]?, classes file: InputFile) throws(FormatError) {
    let lines = String(decoding: file.bytes.array, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let predictions, lines.count == predictions.count else {
      throw FormatError(
        file: file.path, "expected \(predictions?.count ?? 0) classes, found \(lines.count)")
    }
    var correct = 0
    for (index, line) in lines.enumerated() {
      guard let wanted = Int(line) else {
        throw FormatError(
          file: file.path, at: .line(index + 1, column: 1), "expected a number, found \(line)")
      }
      if wanted == predictions[index] { correct += 1 }
    }
    self.correct = correct
    total = predictions.count
  }
}

/// What computes.
struct EngineArguments: ParsableArguments {
  enum Executor: String, ExpressibleByArgument, CaseIterable {
    case fast
    case oracle
  }

  @Option(help: "fast: the optimized executor in float32; oracle: plain float64.")
  var executor = Executor.fast

  @Option(help: "Threads of the executor; the results do not depend on it.")
  var threads = 1

  func validate() throws {
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads: expected 1 to 256, found \(threads)")
    }
  }

  var engine: Engine {
    switch executor {
    case .fast: .fast(threadCount: threads)
    case .oracle: .oracle
    }
  }
}
