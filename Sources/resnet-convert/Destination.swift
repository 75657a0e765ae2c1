import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The files a conversion writes, by the format that their names ask for.
enum Destination {
  /// One file, `NAME.resnet`.
  case native(OutputFile)
  /// `NET.prototxt` and `NET.caffemodel`, perhaps a mean image and labels.
  case caffe(CaffeDestination)
  /// One file, `NAME.h5`, `NAME.weights.h5` or `NAME.keras`, perhaps with `NAME.json`.
  case keras(KerasDestination)

  /// The formats that can be written.
  enum Format {
    case native, caffe, keras

  }

  /// Sorts the outputs of a command by their names; a folder means all files of Caffe.
  ///
  /// - Parameters:
  ///   - paths: names that make a model of `format`.
  ///   - stem: the name of the files in a folder.
  ///   - open: checks that a file may be written.
  init(
    _ paths: [String], as format: Format, stem: String,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) {
    switch format {
    case .native: self = .native(try open(paths[0]))
    case .caffe: self = .caffe(try CaffeDestination(paths, stem: stem, open: open))
    case .keras:
      self = .keras(try KerasDestination(paths, open: open))
    }
  }
}

/// Outputs that are complete but have no names yet.
struct PreparedOutputs {
  var files: [PreparedFile]
  /// Where the weights lie in them.
  var tensors: [WrittenTensor]
  /// What the writer changed or left out: one sentence each.
  var notes: [String]
  /// The layers as they were written.
  var layerCount: Int
}

extension Destination {
  /// Writes and verifies all files, but leaves them without names.
  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs {
    switch self {
    case .native(let file):
      let (prepared, tensors) = try NativeFormat().prepare(model, for: file)
      return PreparedOutputs(
        files: [prepared], tensors: tensors, notes: [],
        layerCount: model.network.nodes.count)
    case .caffe(let destination): return try destination.prepare(model)
    case .keras(let destination): return try destination.prepare(model)
    }
  }
}

/// What is behind the last point of a name, in small letters; empty without one.
func kind(of path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
}

/// Whether a path means a folder: it is one, or ends as one.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  if path.hasSuffix("/") { return true }
  // One that is called like a file is in the way of that file.
  let isNamedLikeFile = ["resnet", "keras", "h5", "caffemodel", "prototxt"].contains(kind(of: path))
  return !isNamedLikeFile && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
