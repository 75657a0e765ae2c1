import ArgumentParser
import ResNetKit
import ToolSupport

struct VerifyLayers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Judge each layer of the executor alone, against the float64 oracle.",
    discussion: """
      The oracle computes each layer from the executor's own input, so that only this layer's \
      rounding is left. With d the longest chain of additions of the kernel and u = 2^-24, an output \
      must lie within (2·√d + 3)·u·(Σ|w||x| + |b|) and the rms of that ratio within 0.4·√d.
      """)

  @Argument(help: "\(ModelArgument.help)")
  var model: String

  @Option(help: "An .npz whose array input is run; seeded noise without it.")
  var input: String?

  @Option(help: "Threads of the executor.")
  var threads = 1

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let model = try ModelArgument.read(ModelArgument.open(model), options: reading.options)
    let inputs = try input.map { try InputArrays.read($0, for: model) }
    Progress.say("running every layer twice")
    let result = try LayerVerification(
      of: model.network, inputs: inputs ?? SeededInput.noise(for: model.network),
      threadCount: max(1, threads))
    Progress.clear()
    print(json ? result.json.prettyText() : result.text)
    if !result.passes { throw Unequal() }
  }
}

/// The inputs of a network from an .npz or .npy file.
enum InputArrays {
  static func read(_ path: String, for model: Model) throws(FormatError) -> [String: Tensor] {
    let arrays = try NPZ.read(InputFile(path: path))
    let names = Set(model.network.inputs.map(\.name) + ["input"])
    let inputs = arrays.filter { names.contains($0.name) }
    do {
      // A lone array is the input, whatever its name: an .npy has none.
      return try Fixture(
        arrays: arrays.count == 1 ? [("input", arrays[0].tensor)] : inputs, for: model
      ).inputs
    } catch { throw error.inFile(path) }
  }
}
