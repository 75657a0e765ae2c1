import ArgumentParser
import ToolSupport

@main
struct ResnetConvert: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-convert",
    abstract: "Convert trained networks between model formats.",
    usage: """
      resnet-convert FILE ... -o OUTPUT ... [<options>]
      resnet-convert <subcommand> ...
      """,
    discussion: """
      Every tensor of the source is used exactly once and every weight of the model is filled \
      exactly once, or the conversion fails and says which is not. The output appears whole or not \
      at all.

      Examples:
        resnet-convert net.prototxt net.caffemodel -o net.resnet
        resnet-convert net.resnet -o net.keras
        resnet-convert net.onnx -o caffe/
        resnet-convert files --help                all options

      Exit codes: 0 done, 64 usage, 65 bad model, 66 no input, 70 internal error, 73 output cannot \
      be created, 74 reading or writing failed, 75 out of memory, 77 refused to protect a file, \
      128 + N ended by signal N.
      """,
    version: toolkitVersion,
    subcommands: [ConvertFiles.self] + FormatCommands.all + [Synthesize.self],
    defaultSubcommand: ConvertFiles.self)
}
