import ResNetKit
import ToolSupport

extension Destination.Format {
  /// What to call the outputs.
  var naming: String {
    switch self {
    case .native: "NAME.resnet"
    case .caffe:
      "NET.prototxt and NET.caffemodel (with MEAN.binaryproto, LABELS.txt), or FOLDER/"
    case .keras: "NAME.keras, NAME.h5 or NAME.weights.h5 (with NAME.json)"
    }
  }

  /// What models of the format are called.
  private var models: String {
    switch self {
    case .native: "the native format"
    case .caffe: "Caffe"
    case .keras: "Keras"
    }
  }

  /// The format that the name of an output belongs to; nil if it is the name of nothing we write.
  private init?(of path: String) {
    switch kind(of: path) {
    case _ where isFolder(path): self = .caffe
    case "resnet": self = .native
    case "prototxt", "caffemodel", "binaryproto", "txt": self = .caffe
    case "json": self = .keras
    case _ where KerasDestination.form(of: path) != nil: self = .keras
    default: return nil
    }
  }

  /// The format that the names of the outputs of one command ask for.
  ///
  /// - Parameters:
  ///   - paths: at least one.
  ///   - allowed: the formats that the command writes.
  /// - Throws: `UsageError` that says what is wrong with the names, and what to name instead.
  init(of paths: [String], among allowed: [Self]) throws {
    let expected = "expected " + allowed.map(\.naming).joined(separator: ", or ")
    var formats: [Self] = []
    for path in paths {
      guard let format = Self(of: path) else {
        let found =
          kind(of: path).isEmpty
          ? "a name without a kind" : "files named .\(kind(of: path)) are not written"
        throw UsageError("\(path): \(found): \(expected)")
      }
      guard allowed.contains(format) else {
        throw UsageError("\(path): this command does not write \(format.models): \(expected)")
      }
      formats.append(format)
    }
    guard let other = formats.firstIndex(where: { $0 != formats[0] }) else {
      self = formats[0]
      try checkParts(paths)
      return
    }
    throw UsageError(
      "\(paths[0]), \(paths[other]): outputs of two formats: convert once for each of them")
  }

  /// Refuses files of one format that are not one model.
  private func checkParts(_ paths: [String]) throws {
    for (index, path) in paths.enumerated() {
      if let other = paths[..<index].first(where: { part($0) == part(path) }) {
        throw UsageError(
          "\(other), \(path): two outputs of one kind: a model is \(naming)")
      }
      if isFolder(path), paths.count > 1 {
        throw UsageError("\(path): a folder takes all files of Caffe: name no other output")
      }
    }
    if self == .keras, let definition = paths.first(where: { kind(of: $0) == "json" }),
      !paths.contains(where: { KerasDestination.form(of: $0) == .weights })
    {
      throw UsageError(
        "\(definition): a definition is written beside the weights: name NAME.weights.h5 too; "
          + "*.keras and *.h5 hold their own")
    }
    guard self == .caffe, !isFolder(paths[0]) else { return }
    let kinds = paths.map(kind)
    for (wanted, partner) in [("prototxt", "caffemodel"), ("caffemodel", "prototxt")]
    where !kinds.contains(wanted) {
      let path = paths[kinds.firstIndex(of: partner) ?? 0]
      let stem = path.dropLast(kind(of: path).utf8.count)
      throw UsageError(
        "\(path): half a model of Caffe: name the other half too, -o \(stem)\(wanted), or a folder "
          + "for both")
    }
  }

  /// Which file of a model a name stands for: two of them cannot be one model.
  private func part(_ path: String) -> String {
    self == .keras && kind(of: path) != "json" ? "" : kind(of: path)
  }
}
