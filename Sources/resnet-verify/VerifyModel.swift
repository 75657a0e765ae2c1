import ArgumentParser
import ResNetKit
import ToolSupport

struct VerifyModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Compare a model with fixtures, or with another model.",
    usage: """
      resnet-verify MODEL --fixture F.npz ... [<options>]
      resnet-verify MODEL OTHER [<options>]
      """,
    discussion: """
      A fixture is one or several .npz files of one network: input (or one array under each input's \
      name), output, and arrays named as values of the network, each the value right after that \
      layer. logits is what enters the last softmax. A name ending in 64 is the same value in \
      float64 and is preferred. name#first12ch holds the first 12 channels. A shorter batch belongs \
      to the first images. An array that matches no value is a failure; one of another framework's \
      model is compared with what it is by its numbers, where that is another step of the same \
      layer, and the report says so.

      The bound of a value is six times what rounding does to it, measured by eight float64 runs \
      with noise of rounding size after every layer. A golden in float64 is exact; one in float32 may \
      come from Winograd's F(6x6, 3x3), so below a 3x3 convolution of stride 1 the noise is that of \
      this algorithm; one in half precision comes from weights and values that were rounded to it. \
      The relative error is the largest error divided by the largest golden magnitude.

      Two models are compared by their graphs, whatever the names: batch norm in one layer or two, \
      folded or not, padding in a layer of its own or in a window, fused activations. The weights \
      are compared, and every value that both have, on seeded noise; the report lists what only \
      one of them has.
      """)

  @Argument(
    help: """
      One model, or two to compare. A model: \(ModelArguments.explanation). Two models whose files \
      lie side by side are parted by what belongs together.
      """, completion: .file())
  var models: [String]

  @Option(help: "A fixture, .npz; several make one.", completion: .file())
  var fixture: [String] = []

  @Option(help: "Leave out this array of the fixture; may be repeated.")
  var ignore: [String] = []

  @Option(help: "How images lie in the fixture where shapes allow both: nchw or nhwc.")
  var layout: ArrayLayout?

  @Option(
    help: "The true class of each image of the fixture, one number a line: prints the accuracy.",
    completion: .file())
  var classes: String?

  @OptionGroup var engine: EngineArguments
  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard !fixture.isEmpty || models.count > 1 else {
      throw ValidationError("expected one model and --fixture, or two models")
    }
    guard !fixture.isEmpty || classes == nil && layout == nil && ignore.isEmpty else {
      throw ValidationError("--classes, --layout and --ignore are about a fixture")
    }
  }

  func run() throws {
    if fixture.isEmpty {
      try compare()
    } else {
      try verify()
    }
  }

  private func verify() throws {
    let files = try ModelArguments.openOne(models, reading)
    let model = try ModelArguments.read(files, options: reading.options)
    var arrays: [(name: String, tensor: Tensor)] = []
    for path in fixture { arrays += try NPZ.read(InputFile(path: path)) }
    for name in ignore {
      guard arrays.contains(where: { $0.name == name }) else {
        throw FormatError(
          file: fixture.joined(separator: ", "),
          "expected an array \(name) to leave out, found none"
            + NearName.question(about: name, among: arrays.map(\.name)))
      }
      arrays.removeAll { $0.name == name }
    }
    let resolved: Fixture
    do {
      resolved = try Fixture(arrays: arrays, for: model, layout: layout)
    } catch { throw error.inFile(fixture.joined(separator: ", ")) }
    let meaning = try FixtureMeaning(
      of: resolved, arrays: arrays, in: model, layout: layout, engine: engine.strictEngine)
    let (network, fixture) = (meaning.network, meaning.fixture)
    let progress = ProgressCount(.things("float64 runs"))
    let scale = try RoundingScale(
      of: network, for: fixture, progress: progress.report(_:of:))
    Progress.say("running the network")
    let result = try FixtureVerification(
      of: network, on: fixture, engine: engine.strictEngine, scale: scale)
    Progress.clear()
    let accuracy = try classes.map { path in
      try Accuracy(of: result.predictions, classes: InputFile(path: path))
    }
    let found = meaning.notes
    print(json ? result.json(accuracy, notes: found).prettyText() : result.text(accuracy, found))
    if !result.passes { throw Unequal() }
  }

  private func compare() throws {
    let (one, other) = try ModelArguments.openTwo(models, reading)
    let first = try ModelArguments.read(one, options: reading.options)
    if one.count == other.count, zip(one, other).allSatisfy({ $0.bytes == $1.bytes }) {
      Progress.clear()
      print(json ? ModelComparison.identicalFiles.prettyText() : ModelComparison.identicalText)
      return
    }
    let second = try ModelArguments.read(other, options: reading.options)
    let inputs = try SeededInput.noise(for: first.network)
    let progress = ProgressCount(.things("float64 runs"))
    let result = try ModelComparison(
      first.network, second.network, inputs: inputs, engine: engine.strictEngine,
      progress: progress.report(_:of:))
    Progress.clear()
    print(json ? result.json.prettyText() : result.text)
    if !result.passes { throw Unequal() }
  }
}
