import ArgumentParser
import ToolSupport

@main
struct ResnetInspect: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-inspect",
    abstract: "Look into a model: layers, cost, weights, and how it is run.",
    usage: """
      resnet-inspect MODEL [<options>]
      resnet-inspect <subcommand> ...
      """,
    discussion: """
      Examples:
        resnet-inspect net.resnet
        resnet-inspect net.prototxt net.caffemodel
        resnet-inspect net.resnet --sort MACs --top 10
        resnet-inspect net.resnet --check
        resnet-inspect weights net.resnet
        resnet-inspect fingerprint net.resnet
        resnet-inspect paper net.resnet
        resnet-inspect diff net.h5 net.onnx
        resnet-inspect responses --figure7 r20.resnet p20.resnet --svg figure7.svg
        resnet-inspect plan net.onnx --input-shape 1,3,224,224 --threads 2
        resnet-inspect summary --help              all options

      Exit codes: 0 good, 64 usage, 65 bad model, 66 no input, 69 OpenBLAS is not installed, 73 \
      cannot create, 74 reading or writing failed, 75 out of memory, 77 refused to protect a file, \
      128 + N ended by signal N.
      """,
    version: toolkitVersion,
    subcommands: [
      SummarizeModel.self, InspectWeights.self, InspectPaper.self, FingerprintModel.self,
      ShowResponses.self, CompareNetworks.self, InspectPlan.self,
    ],
    defaultSubcommand: SummarizeModel.self)
}
