import ArgumentParser
import ResNetKit
import ToolSupport

struct ConvertFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files",
    abstract: "Convert the files of a model; their contents say what format they are.",
    usage: """
      resnet-convert FILE ... -o OUTPUT ... [<options>]
      resnet-convert FILE ... --dry-run [<options>]
      """,
    discussion: """
      Examples:
        resnet-convert net.prototxt net.caffemodel -o net.resnet
        resnet-convert net.h5 -o net.prototxt -o net.caffemodel
        resnet-convert net.weights.h5 net.json -o net.keras --receipt receipt.json
        resnet-convert net.resnet -o caffe/
        resnet-convert custom.h5 --weights-only -o weights.npz
      """)

  @OptionGroup var source: ModelArguments

  @Flag(
    help: """
      Write the tensors of a Keras model to NAME.npz as its file has them, by their paths in it: \
      for models with layers that cannot be read. Their definition is not looked at.
      """)
  var weightsOnly = false

  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup var reading: ReadingArguments

  func validate() throws {
    guard weightsOnly else { return }
    guard output.output.count == 1, output.output[0].lowercased().hasSuffix(".npz") else {
      throw ValidationError("--weights-only: expected one output named *.npz")
    }
    guard output.receipt == nil, !output.dryRun else {
      throw ValidationError("--weights-only: there is no conversion to plan or to account for")
    }
    let unused = reading.options.given + (output.preprocessing == nil ? [] : ["--preprocessing"])
    guard unused.isEmpty else {
      throw ValidationError("--weights-only: \(unused[0]) means nothing for tensors as they are")
    }
  }

  func run() throws {
    guard !weightsOnly else { return try extractWeights() }
    let target = try output.target()
    let files = try source.open(reading)
    let conversion = try Conversion(of: files, to: target, output) {
      try ModelFormats.read(files, options: reading.options)
    }
    try conversion.run()
  }

  private func extractWeights() throws {
    let files = try source.open(reading)
    let target = try OutputFile(path: output.output[0], replacing: output.force, inputs: files)
    Progress.say("reading \(files.map(\.name).joined(separator: ", "))")
    let stored = try files.blamingChanges {
      let stored = try KerasFormat().storedArrays(in: files)
      try NPZ.write(stored.arrays, to: target)
      return stored
    }
    Progress.clear()
    if !output.json { output.notes.say(stored.notes) }
    print(output.json ? stored.report(target.path).prettyText() : stored.summary(target.path))
  }
}
