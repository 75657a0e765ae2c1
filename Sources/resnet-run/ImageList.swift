import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The images that are named on the command line: files, and all in folders.
struct ImageList {
  /// Their paths, in the order of the words; those of a folder by name.
  private(set) var paths: [String] = []
  /// Whether a folder was among the words.
  private(set) var hasFolder = false

  private static let endings = [
    ".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif",
  ]
  /// What is taken out of folders.
  private static let decoded = endings.prefix(4)
  private static let depthLimit = 32

  /// Parts words into the files of a model and images.
  static func parting(_ words: [String]) throws(FormatError) -> (model: [String], images: ImageList)
  {
    var (model, images): ([String], ImageList) = ([], ImageList())
    for word in words {
      if isFolder(word), (try? InputFile(modelAt: word)) == nil {
        images.hasFolder = true
        try images.add(folder: word, depth: 0)
      } else if isImage(word) {
        images.paths.append(word)
      } else {
        model.append(word)
      }
    }
    return (model, images)
  }

  /// Whether a file is an image by its contents, or by its name where it has other contents.
  private static func isImage(_ path: String) -> Bool {
    let name = path.lowercased()
    if endings.contains(where: name.hasSuffix) { return true }
    guard let file = try? InputFile(path: path) else { return false }
    return (try? ImageKind(of: file)) != nil
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The images of a folder and of those in it; links to folders are not followed.
  private mutating func add(folder path: String, depth: Int) throws(FormatError) {
    guard depth <= Self.depthLimit else {
      throw FormatError(.refused, file: path, "folders too deep in each other")
    }
    guard let folder = opendir(path) else {
      throw FormatError(.noInput, file: path, "cannot open: \(String(cString: strerror(errno)))")
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    for name in names.sorted() {
      let inner = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      var status = stat()
      guard lstat(inner, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try add(folder: inner, depth: depth + 1)
      } else if Self.decoded.contains(where: name.lowercased().hasSuffix) {
        paths.append(inner)
      }
    }
  }
}

/// Images with their true classes: a line `path class` each.
struct LabelledImages {
  private(set) var items: [(path: String, label: Int)] = []

  /// Reads a list; its paths are relative to its folder.
  ///
  /// - Parameter names: of the classes, where lines may have them instead of numbers.
  init(_ file: InputFile, classCount: Int, names: ClassNames) throws(FormatError) {
    let folder = file.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file.path[...$0]) }
    for (index, line) in try ClassNames.lines(of: file).enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.isEmpty { continue }
      let label = words.last.map(String.init) ?? ""
      guard words.count >= 2,
        let number = Int(label) ?? names.names?.firstIndex(of: label),
        (0..<classCount).contains(number)
      else {
        throw FormatError(
          .badModel, file: file.path, at: .line(index + 1, column: 1),
          "expected a path and a class of 0 to \(classCount - 1), found \(line)")
      }
      // A path may have spaces.
      let end = line.trimmedEnd.utf8.count - label.utf8.count
      let path = String(decoding: Array(line.utf8.prefix(end)), as: UTF8.self).trimmed
      items.append((path.hasPrefix("/") ? path : (folder ?? "") + path, number))
    }
    guard !items.isEmpty else {
      throw FormatError(
        .badModel, file: file.path, "expected lines of a path and a class, found none")
    }
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var copy = self
    while copy.last?.isWhitespace == true { copy.removeLast() }
    return copy
  }

  fileprivate var trimmed: String { String(trimmedEnd.drop(while: \.isWhitespace)) }
}
