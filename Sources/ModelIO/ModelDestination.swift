public import Files
public import ModelGraph

/// Where a model of one format is written: its files, opened and checked.
public protocol ModelDestination {
  /// Writes and verifies all files, but leaves them without names.
  ///
  /// - Throws: `FormatError` for a model that the format cannot hold, and for what cannot be written.
  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs
}

/// Outputs that are complete but have no names yet.
public struct PreparedOutputs {
  /// The files.
  public var files: [PreparedFile]
  /// Where the weights lie in them.
  public var tensors: [WrittenTensor]
  /// What the writer changed or left out: one sentence each.
  public var notes: [String]
  /// The layers as they were written.
  public var layerCount: Int

  /// Outputs.
  public init(files: [PreparedFile], tensors: [WrittenTensor], notes: [String], layerCount: Int) {
    self.files = files
    self.tensors = tensors
    self.notes = notes
    self.layerCount = layerCount
  }
}

/// The path of an output, which asks for a format by its name.
public struct OutputPath: Sendable, Equatable {
  /// The path as the user gave it.
  public let path: String
  /// Whether it means a folder for all files of a model.
  public let isFolder: Bool

  /// A path.
  public init(_ path: String, isFolder: Bool) {
    self.path = path
    self.isFolder = isFolder
  }

  /// What is behind the last point of the name, in small letters; empty without one.
  public var kind: String {
    let name = path.split(separator: "/").last ?? ""
    return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }
}
