public import Files
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What a folder holds, where a file was expected.
enum ForeignFolder {
  /// More entries than are needed to tell.
  private static let entryLimit = 10_000

  /// What the folder at a path is, and what to do with it: from the names in it.
  static func description(of path: String) -> String {
    let names = names(in: path)
    func has(_ name: String) -> Bool { names.contains(name) }
    let found: ForeignFile
    if has("saved_model.pb") || has("saved_model.pbtxt") {
      found = .model("a folder with a SavedModel of TensorFlow", ForeignFile.saveFromKeras)
    } else if has("Manifest.json"), has("Data") {
      found = .model("a folder with a package of Core ML", ForeignFile.takeSource)
    } else if has("checkpoint") {
      found = .model("a folder with checkpoints of TensorFlow", ForeignFile.saveFromKeras)
    } else if has("pytorch_model.bin") || has("model.safetensors") {
      found = .model("a folder with a Hugging Face model", ForeignFile.throughKeras)
    } else if has("data.mdb") {
      found = ForeignFile("a folder with a database of LMDB", "it holds images, not a model")
    } else if has("model.weights.h5"), has("config.json") {
      found = ForeignFile(
        "a folder with an unpacked .keras archive", "name model.weights.h5 and config.json in it")
    } else {
      let models = names.sorted().filter { name in
        [".caffemodel", ".prototxt", ".h5", ".hdf5", ".keras", ".resnet"].contains {
          name.hasSuffix($0)
        }
      }
      let list = models.prefix(3).map { $0.printable(limit: 60) }.joined(separator: ", ")
      found = ForeignFile(
        "a folder",
        models.isEmpty ? "" : "name files in it: \(list)\(models.count > 3 ? ", …" : "")")
    }
    return found.description
  }

  private static func names(in path: String) -> Set<String> {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: Set<String> = []
    while names.count < entryLimit, let entry = readdir(folder) {
      // SAFETY: the system ends the name with a zero, and keeps it until the next call.
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      names.insert(name)
    }
    return names
  }
}

extension InputFile {
  /// Opens and maps a file of a model; a folder in its place is told by what is in it.
  ///
  /// - Throws: `FormatError` as `init(path:)` does.
  public init(modelAt path: String) throws(FormatError) {
    do {
      try self.init(path: path)
    } catch {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw error }
      let found = ForeignFolder.description(of: path)
      throw FormatError(.noInput, file: path, "expected a regular file, found \(found)")
    }
  }
}
