import ArgumentParser
import ResNetKit
import ToolSupport

struct RunModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model on inputs from an .npz and write its values to another.",
    usage: "resnet-verify run MODEL --input X.npz -o Y.npz [<options>]",
    discussion: """
      Writes output, the last output of the network, and an array for each value asked for: float32 \
      by the fast executor, float64 by the oracle. Prints the time of each run.
      """)

  @OptionGroup var model: ModelArguments

  @Option(
    help: "An .npz with the array input, or one array under each input's name.",
    completion: .file())
  var input: String

  @Option(name: [.short, .long], help: "The .npz to write.", completion: .file())
  var output: String

  @Option(help: "Values to write besides output: all, or names joined by commas.")
  var layers: String?

  @OptionGroup var engine: EngineArguments

  @Option(name: .customLong("repeat"), help: "Run so many times; the values are the last run's.")
  var repetitions = 1

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(help: "Turn fully connected layers into convolutions that slide over larger images.")
  var fullyConvolutional = false

  @OptionGroup var reading: ReadingArguments

  func validate() throws {
    guard repetitions >= 1 else { throw ValidationError("--repeat: expected 1 or more") }
    guard output.lowercased().hasSuffix(".npz") else {
      throw ValidationError(
        "\(output): expected a name that ends in .npz, which is what is written")
    }
  }

  func run() throws {
    let files = try model.open(reading)
    var model = try ModelArguments.read(files, options: reading.options)
    if fullyConvolutional { model.network = try model.network.fullyConvolutional() }
    let inputs = try InputArrays.read(input, for: model)
    let sources = try files + [InputFile(path: input)]
    let target = try OutputFile(path: output, replacing: force, inputs: sources)
    let wanted = try values(of: model.network)
    guard let last = model.network.outputs.last else { return }
    guard last == "output" || !wanted.contains("output") else {
      throw UsageError("--layers: the value named output would hide the network's last output")
    }
    var arrays: [(String, Tensor)] = []
    let prepared = try engine.engine.prepare(
      model.network, inputShapes: inputs.mapValues(\.shape), observing: wanted.union([last]))
    let progress = ProgressCount(.things("runs"))
    for index in 0..<repetitions {
      arrays = []
      if repetitions > 1 {
        progress.report(index, of: repetitions)
      } else {
        Progress.say("running the network")
      }
      let seconds = try prepared.run(inputs) { name, value in
        if name == last { arrays.insert(("output", value), at: 0) }
        if wanted.contains(name) && name != "output" { arrays.append((name, value)) }
      }
      Progress.clear()
      print("\((seconds * 1e3).fixed(3)) ms")
    }
    try NPZ.write(arrays, to: target)
  }

  private func values(of network: Network) throws -> Set<String> {
    let known = network.nodes.flatMap(\.outputs)
    guard let layers else { return [] }
    if layers == "all" { return Set(known) }
    let names = layers.split(separator: ",").map(String.init)
    for name in names where !known.contains(name) {
      throw UsageError(
        "--layers: the network has no value named \(name)"
          + NearName.question(about: name, among: known))
    }
    return Set(names)
  }
}
