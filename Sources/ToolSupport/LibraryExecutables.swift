internal import ChildProcesses
internal import ResNetKit

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The programs that the tools start, and nobody else: where they are.
enum LibraryExecutables {
  /// The folder of them in an installation; `bin` is beside it.
  private static let folder = "libexec/resnet-toolkit"
  private static let variable = "RESNET_TOOLKIT_LIBEXEC"

  /// A program: of the installation that the running tool is of, beside the tool as a build leaves
  /// it, or in the folder that the environment names.
  ///
  /// - Throws: `FormatError` of kind `missingProgram` that says where it was looked for.
  static func program(
    _ name: String, for option: String
  ) throws(FormatError) -> HelperProgram {
    var folders: [String] = []
    if let tool = runningTool(), let slash = tool.lastIndex(of: "/") {
      let own = String(tool[..<slash])
      folders = ["\(own)/../\(folder)", own]
    }
    if let named = getenv(variable) { folders.append(String(cString: named)) }
    for folder in folders where access("\(folder)/\(name)", X_OK) == 0 {
      return HelperProgram(path: "\(folder)/\(name)")
    }
    throw FormatError(
      .missingProgram,
      "\(option) needs the program \(name), which is neither in \(folders.joined(separator: " nor "))"
        + (getenv(variable) == nil ? ", and \(variable) names no folder" : ""))
  }

  /// The path of the running program.
  private static func runningTool() -> String? {
    var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = path.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? 0
    }
    return count > 0 ? String(decoding: path.prefix(count), as: UTF8.self) : nil
  }
}
