import ArgumentParser
import ResNetKit
import ToolSupport

@main
struct ResnetRun: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-run",
    abstract: "Say what a trained network sees on images.",
    usage: "resnet-run MODEL IMAGE ... [<options>]",
    discussion: """
      Images are JPEG or PNG, files or folders, and each is decoded in a process of its own that can \
      open nothing. What no file says about how images become numbers is assumed and told.

      With --crops 10 the corners, the middle and their mirror images are looked at; with --scales \
      the network slides over the whole image in several sizes. The softmax is taken in float64, and \
      only once.

      Examples:
        resnet-run net.resnet cat.jpg
        resnet-run net.prototxt net.caffemodel photos/ --json
        resnet-run net.keras cat.jpg --preprocessing unit --like torchvision
        resnet-run net.resnet --accuracy val.txt --crops 10
        resnet-run net.resnet cat.jpg --scales 224,256,384,480,640

      Exit codes: 0 done, 64 usage, 65 bad model or image, 66 no input, 69 a program or library is \
      not installed, 70 internal error, 73 output cannot be created, 74 reading or writing failed, \
      75 out of memory, 77 refused to protect a file or this machine, 128 + N ended by signal N.
      """,
    version: toolkitVersion)

  @Argument(
    help: """
      A model: \(ModelArguments.explanation). And images, or folders of them. Contents say what a \
      file is.
      """, completion: .file())
  var files: [String]

  @Option(help: "So many classes of each image, the most likely first.")
  var top = 5

  @Option(help: "Parts of an image that are looked at: 1, 5 or 10.")
  var crops: Int = 1

  @Option(
    help: ArgumentHelp(
      "Look at whole images whose shorter side has these extents: 224,256,384,480,640.",
      valueName: "sides"))
  var scales: Scales?

  @Option(
    help: """
      How a network slides over an image of --scales. pooled: its last pooling takes the mean of all \
      places. dense-probabilities, dense-logits: the pooling slides by a pixel, and these are \
      averaged over places.
      """)
  var sliding: SlidingDefinition?

  @Option(help: "What is averaged of several parts or scales.")
  var average = Averaging.probabilities

  @Option(
    help: """
      Lines of a path, relative to the list's folder, and a class: prints the errors of the best \
      class and of the five best.
      """, completion: .file())
  var accuracy: String?

  @Option(help: "The names of the classes, one a line.", completion: .file())
  var labels: String?

  @Option(
    name: [.short, .long],
    help: "An .npz to write: input, what entered the network, and output, the scores.",
    completion: .file())
  var output: String?

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Option(help: "Images that the network runs on at a time.")
  var batch = 1

  @Flag(help: "Print a line of JSON for each image.")
  var json = false

  @OptionGroup(title: "Options for images") var images: ImageArguments

  @OptionGroup var execution: ExecutionArguments
  @OptionGroup var notes: NoteArguments
  @OptionGroup var reading: ReadingArguments

  /// Sides joined by commas.
  struct Scales: ExpressibleByArgument {
    let sides: [Int]

    init?(argument: String) {
      let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      sides = parts.compactMap { Int($0) }.filter { (1...4096).contains($0) }
      guard sides.count == parts.count, !sides.isEmpty, sides.count <= 16 else { return nil }
    }
  }

  func validate() throws {
    guard CropCount(rawValue: crops) != nil else {
      throw ValidationError("--crops: expected 1, 5 or 10, found \(crops)")
    }
    guard (1...100_000).contains(top) else {
      throw ValidationError("--top: expected 1 or more, found \(top)")
    }
    guard (1...1024).contains(batch) else {
      throw ValidationError("--batch: expected 1 to 1024, found \(batch)")
    }
    guard scales == nil || crops == 1 else {
      throw ValidationError("--scales looks at whole images, --crops at parts of them")
    }
    guard scales != nil || sliding == nil else {
      throw ValidationError("--sliding is about --scales")
    }
    guard scales == nil || output == nil else {
      throw ValidationError("-o writes inputs of one size: not those of --scales")
    }
    guard output?.lowercased().hasSuffix(".npz") ?? true else {
      throw ValidationError(
        "\(output ?? ""): expected a name that ends in .npz, which is what is written")
    }
  }

  func run() throws {
    try ImageRun(self).run()
  }
}
