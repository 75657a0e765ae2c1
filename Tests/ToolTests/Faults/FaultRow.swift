import Foundation
import ResNetKit
import TestSupport
import Testing

/// A command that writes files, which is disturbed in every way.
struct FaultRow: Sendable, CustomTestStringConvertible {
  /// A file it writes, and the option that names it.
  typealias Output = (option: String, name: String)

  var name: String
  var tool = "resnet-convert"
  /// The files it writes, in the order in which they appear.
  var outputs: [Output]
  /// The arguments without the outputs.
  var arguments: @Sendable (TemporaryFolder) throws -> [String]

  /// The name.
  var testDescription: String { name }

  /// The options for the outputs.
  func outputArguments(in folder: TemporaryFolder) -> [String] {
    outputs.flatMap { [$0.option, folder.path($0.name)] }
  }

  /// What the outputs hold; nil where there is none.
  func bytes(in folder: TemporaryFolder) -> [Data?] {
    outputs.map { FileManager.default.contents(atPath: folder.path($0.name)) }
  }

  /// A conversion of the files of Caffe to one file.
  static func caffeToNative(_ name: String, _ model: Source) -> FaultRow {
    FaultRow(name: "caffe-to-native, \(name)", outputs: [("-o", "out.resnet")]) { folder in
      ["caffe-to-native"] + (try model.arguments(folder))
    }
  }

  /// A conversion to several files, and one more for the receipt.
  static func nativeToCaffe(_ name: String, _ model: Source) -> FaultRow {
    FaultRow(
      name: "native-to-caffe, \(name)",
      outputs: [("-o", "a.prototxt"), ("-o", "a.caffemodel"), ("--receipt", "receipt.json")]
    ) { folder in
      let native = folder.path("in.resnet")
      let run = try ToolRun(
        "resnet-convert", ["caffe-to-native"] + model.arguments(folder) + ["-o", native])
      try #require(run.exitCode == 0, "\(run.errors)")
      return ["native-to-caffe", native]
    }
  }

  /// A model that is not a conversion.
  static let run = FaultRow(name: "run", tool: "resnet-verify", outputs: [("-o", "out.npz")]) {
    folder in
    let definition = try folder.write("net.prototxt", text: SmallNet.definition)
    let weights = try folder.write("net.caffemodel", SmallNet.caffemodel)
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 4, 4), }"
    let input = try folder.write("in.npy", npy(header, SmallNet.floats(32)).array)
    return ["run", "\(definition),\(weights)", "--input", input]
  }

  /// Caffe's files to convert.
  struct Source: Sendable {
    /// The options that name them.
    var arguments: @Sendable (TemporaryFolder) throws -> [String]

    /// One convolution.
    static let small = Source { folder in
      [
        "--prototxt", try folder.write("net.prototxt", text: SmallNet.definition),
        "--caffemodel", try folder.write("net.caffemodel", SmallNet.caffemodel),
      ]
    }
    /// That, and thousands of layers without weights.
    static let long = Source { folder in
      let layers = (0..<4000).map {
        "layer { name: 'r\($0)' type: 'ReLU' bottom: 'conv' top: 'r\($0)' }\n"
      }
      return [
        "--prototxt",
        try folder.write("net.prototxt", text: SmallNet.definition + layers.joined()),
        "--caffemodel", try folder.write("net.caffemodel", SmallNet.caffemodel),
      ]
    }
    /// The trained fixture, 280 KB.
    static let digits = Source { _ in Array(ConversionTests.digits[..<4]) }
  }
}

/// What the folder of the outputs is like.
enum FaultSituation: String, CaseIterable, Sendable {
  /// Nothing is there.
  case new
  /// The outputs are there and may be replaced.
  case replacing
  /// The file system knows no files without a name.
  case named
  /// That, and the outputs may be replaced.
  case namedReplacing
  /// The file system knows neither those nor links.
  case linkless

  var isReplacing: Bool {
    switch self {
    case .new, .named, .linkless: false
    case .replacing, .namedReplacing: true
    }
  }

  /// Whether SIGKILL may leave a file with a private name.
  var knowsPrivateNames: Bool {
    switch self {
    case .new: false
    case .replacing, .named, .namedReplacing, .linkless: true
    }
  }

  var environment: [String: String] {
    switch self {
    case .new, .replacing: [:]
    case .named, .namedReplacing: ["FAULT_UNNAMED": "\(EOPNOTSUPP)"]
    case .linkless: ["FAULT_UNNAMED": "\(EOPNOTSUPP)", "FAULT_LINK": "\(EPERM)"]
    }
  }
}
