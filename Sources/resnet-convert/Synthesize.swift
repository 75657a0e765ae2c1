import ArgumentParser
import ResNetKit
import ToolSupport

struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize",
    abstract: "Make a published ResNet with random weights.",
    usage: "resnet-convert synthesize NAME -o OUTPUT ... [<options>]",
    discussion: """
      The weights are calibrated: for images of mean 0 and variance 1 activations neither explode \
      nor vanish, and classes differ. The same seed gives the same bytes. Layers are named as in \
      the Caffe models of the paper's authors.

      Examples:
        resnet-convert synthesize resnet50 --seed 7 -o resnet50.resnet
        resnet-convert synthesize resnet20 --shortcut B -o caffe/
        resnet-convert synthesize resnet18 --stem cifar --classes 100 -o net.keras
      """)

  /// The first layers on the command line.
  enum Stem: String, ExpressibleByArgument, CaseIterable {
    case cifar, imagenet
  }

  /// The shortcuts on the command line.
  enum Shortcut: String, ExpressibleByArgument, CaseIterable {
    case a = "A"
    case b = "B"
    case c = "C"
  }

  @Argument(
    help: """
      The network: \(ResNetDescription.publishedNames.joined(separator: ", ")). resnet50 strides in \
      the first convolution of a unit, as its paper has it, resnet50v1.5, the ResNeXts and the \
      wide ones in the second, as torchvision has them; resnet200 is activated before convolutions.
      """,
    completion: .list(ResNetDescription.publishedNames))
  var name: String

  @Option(
    help: """
      What shortcuts do: A strides and adds channels of zeros, B projects where shapes change, C \
      projects everywhere. (default: as published)
      """)
  var shortcut: Shortcut?

  @Option(
    help: """
      The first layers: imagenet for 224 x 224 pixels and 1000 classes, cifar for 32 x 32 and 10. \
      (default: as published)
      """)
  var stem: Stem?

  @Option(help: "The number of classes. (default: as published)")
  var classes: Int?

  @Option(help: "What the random numbers follow from.")
  var seed: UInt64 = 1

  @OptionGroup(title: "Output") var output: OutputArguments

  func run() throws {
    let net = try description()
    guard output.receipt == nil else {
      throw UsageError("--receipt: weights that are made here come from no file")
    }
    let conversion = try Conversion(of: [], named: name, to: try output.target(), output) {
      ReadModel(try net.model(named: name, seed: seed))
    }
    try conversion.run()
  }

  /// The network that the command line asks for.
  private func description() throws -> ResNetDescription {
    guard var net = ResNetDescription(named: name) else {
      throw UsageError(
        "\(name): no network of this name; there are "
          + ResNetDescription.publishedNames.joined(separator: ", "))
    }
    if let stem { net = net.forImages(of: stem == .cifar ? .cifar : .imageNet) }
    if let shortcut {
      guard net.shortcut != .absent else {
        throw UsageError("--shortcut \(shortcut.rawValue): \(name) has no shortcuts")
      }
      switch shortcut {
      case .a: net.shortcut = .a
      case .b: net.shortcut = .b
      case .c: net.shortcut = .c
      }
    }
    if let classes {
      guard (1...1_000_000).contains(classes) else {
        throw UsageError("--classes \(classes): expected 1 to 1000000")
      }
      net.classCount = classes
    }
    return net
  }
}
