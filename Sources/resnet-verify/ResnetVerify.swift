import ArgumentParser
import ToolSupport

@main
struct ResnetVerify: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-verify",
    abstract: "Prove that a model computes what it should, value by value.",
    usage: """
      resnet-verify MODEL --fixture F.npz [<options>]
      resnet-verify MODEL OTHER [<options>]
      resnet-verify <subcommand> ...
      """,
    discussion: """
      Examples:
        resnet-verify net.resnet --fixture golden.npz
        resnet-verify net.prototxt net.caffemodel net.resnet
        resnet-verify layers net.keras
        resnet-verify run net.resnet --input x.npz -o y.npz --layers all
        resnet-verify receipt receipt.json
        resnet-verify model --help                 all options

      Exit codes: 0 agrees, 1 does not agree, 64 usage, 65 bad model or fixture, 66 no input, 69 \
      OpenBLAS is not installed, 70 internal error, 73 output cannot be created, 74 reading or \
      writing failed, 75 out of memory, 77 refused to protect a file, 128 + N ended by signal N.
      """,
    version: toolkitVersion,
    subcommands: [VerifyModel.self, VerifyLayers.self, VerifyReceipt.self, RunModel.self],
    defaultSubcommand: VerifyModel.self)
}
