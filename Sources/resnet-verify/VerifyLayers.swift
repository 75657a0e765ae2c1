import ArgumentParser
import ResNetKit
import ToolSupport

struct VerifyLayers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Judge each layer of the executor alone, against the float64 oracle.",
    usage: "resnet-verify layers MODEL [<options>]",
    discussion: """
      The oracle computes each layer from the executor's own input, so that only this layer's \
      rounding is left. With d the longest chain of additions of the kernel and u = 2^-24, an output \
      must lie within (2·√d + 3)·u·(Σ|w||x| + |b|), and within (d + 3)·u·(Σ|w||x| + |b|) where that is \
      less; the rms of the ratio within 0.4·√d, or 1 where that is less. A layer that only moves or \
      selects elements must give the very bits. Where Winograd's algorithm ran, \
      Σ|w||x| is replaced by a·Σ_c max|x_c| over the tile·Σ|w_c|, a = 1 for F(2×2) and 8 for F(4×4), \
      and d is the input channels; --strict has none.
      """)

  @OptionGroup var model: ModelArguments

  @Option(
    help: "An .npz whose array input is run; seeded noise without it.", completion: .file())
  var input: String?

  @OptionGroup var execution: ExecutionArguments

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let model = try ModelArguments.read(model.open(reading), options: reading.options)
    let inputs = try input.map { try InputArrays.read($0, for: model) }
    let progress = ProgressCount(.things("layers"))
    let result = try LayerVerification(
      of: model.network, inputs: try inputs ?? SeededInput.noise(for: model.network),
      options: execution.options,
      progress: progress.report(_:of:))
    Progress.clear()
    print(json ? result.json.prettyText() : result.text)
    if !result.passes { throw Unequal() }
  }
}
