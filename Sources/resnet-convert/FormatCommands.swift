import ArgumentParser
import ResNetKit
import ToolSupport

/// The formats of the commands, and a command for each two of them.
enum FormatCommands {
  private static var formats: [any CommandFormat.Type] {
    [
      CaffeCommands.self, KerasCommands.self, NativeCommands.self, ONNXCommands.self,
    ]
  }

  /// A command for each format and each other one.
  static let all: [any ParsableCommand.Type] = formats.flatMap { source in
    formats.filter { $0.format.name != source.format.name }.map { pair(source, $0) }
  }

  private static func pair<Source: CommandFormat, Target: CommandFormat>(
    _ source: Source.Type, _ target: Target.Type
  ) -> any ParsableCommand.Type { ConvertPair<Source, Target>.self }
}

enum NativeCommands: CommandFormat {
  typealias Files = ModelArguments
  typealias Reading = NoReadingArguments
  static var format: any ModelFormat { NativeFormat() }
}

enum KerasCommands: CommandFormat {
  typealias Files = ModelArguments
  typealias Reading = HDF5ReadingArguments<KerasReadingArguments>
  static var format: any ModelFormat { KerasFormat() }
}

enum ONNXCommands: CommandFormat {
  typealias Files = ModelArguments
  typealias Reading = NoReadingArguments
  static var format: any ModelFormat { ONNXFormat() }
}

enum CaffeCommands: CommandFormat {
  typealias Reading = HDF5ReadingArguments<CaffeReadingArguments>
  static var format: any ModelFormat { CaffeFormat() }

  /// The files of a Caffe model, each by what it is.
  struct Files: SourceArguments {
    static var usage: String { "--caffemodel FILE [--prototxt FILE]" }

    @Option(
      help: "The definition; without it, the one inside the caffemodel is used.",
      completion: .file())
    var prototxt: String?

    @Option(help: "The weights.", completion: .file())
    var caffemodel: String

    @Option(help: "The mean image, a binaryproto.", completion: .file())
    var mean: String?

    @Option(help: "The names of the classes, one a line.", completion: .file())
    var labels: String?

    func open() throws -> [InputFile] {
      let models = try ([prototxt].compactMap { $0 } + [caffemodel]).map(InputFile.init(modelAt:))
      return try models + [mean, labels].compactMap { $0 }.map(InputFile.init(path:))
    }

    func read(
      _ files: [InputFile], as format: any ModelFormat, options: ReadingOptions
    ) throws -> ReadModel {
      var rest = files[...]  // in the order of `open`
      let source = CaffeSource(
        definition: prototxt == nil ? nil : rest.removeFirst(), weights: rest.removeFirst(),
        mean: mean == nil ? nil : rest.removeFirst(),
        labels: labels == nil ? nil : rest.removeFirst())
      return try CaffeFormat().readModel(from: source, options: options)
    }
  }
}
