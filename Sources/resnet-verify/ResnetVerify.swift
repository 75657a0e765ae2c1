import ArgumentParser
import ToolSupport

@main
struct ResnetVerify: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-verify",
    abstract: "Prove that a model computes what it should, value by value.",
    discussion: """
      resnet-verify MODEL --fixture F.npz   the values another engine computed
      resnet-verify MODEL OTHER             two models: their weights, their values
      resnet-verify layers MODEL            each layer alone against the float64 oracle
      resnet-verify run MODEL …             compute values and write them, for NumPy
      resnet-verify receipt FILE            what became of every tensor in a conversion

      Exit codes: 0 agrees, 1 does not agree, 64 usage, 65 bad model or fixture, 66 no input, 69 \
      OpenBLAS is not installed, 70 internal error, 73 output cannot be created, 74 reading or \
      writing failed, 75 out of memory, 77 refused to protect a file, 128 + N ended by signal N.
      """,
    version: toolkitVersion,
    subcommands: [VerifyModel.self, VerifyLayers.self, VerifyReceipt.self, RunModel.self],
    defaultSubcommand: VerifyModel.self)
}
