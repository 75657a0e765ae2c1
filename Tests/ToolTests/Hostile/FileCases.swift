import Foundation
import ResNetKit
import TestSupport
import Testing

/// Inputs that are no files, or none that can be read.
@Suite struct `A hostile input` {
  /// What can be given instead of a file.
  enum Object: String, CaseIterable, Sendable {
    case folder, pipe, port, zeros, memory, largest, unreadable

    /// Makes it, and returns its path.
    func make(in folder: TemporaryFolder) throws -> String {
      let path = folder.path("bad")
      switch self {
      case .folder:
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      case .pipe: #expect(mkfifo(path, 0o600) == 0)
      case .port: try listen(path)
      case .zeros: return "/dev/zero"
      case .memory: return "/proc/self/mem"
      case .largest:
        try folder.write("bad", [])
        // 8 EiB less one byte where the file system knows such files.
        let sizes = (40...62).reversed().map { Int(1) << $0 }
        #expect(([.max] + sizes).contains { truncate(path, $0) == 0 })
      case .unreadable:
        try folder.write("bad", text: "name: 'n'")
        chmod(path, 0)
      }
      return path
    }

    /// A socket that is bound to a path.
    private func listen(_ path: String) throws {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(100)) }
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      let result = withUnsafeBytes(of: &address) {
        bind(
          descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
          socklen_t($0.count))
      }
      try #require(result == 0)
    }

    var number: String {
      switch self {
      case .folder, .pipe, .port, .zeros, .memory: "7"
      case .largest: "8"
      case .unreadable: "9"
      }
    }

    /// Code and message.
    var answer: (code: Int32, fragment: String) {
      switch self {
      case .folder, .pipe, .zeros: (66, "expected a regular file")
      case .port: (66, "cannot open: No such device or address")
      case .memory: (65, "expected ")  // it claims to be an empty file
      case .largest: (65, "expected at most 68719476736 bytes, found ")
      case .unreadable: (66, "cannot open: Permission denied")
      }
    }
  }

  /// Where it is given.
  enum Place: String, CaseIterable, Sendable {
    case prototxt, caffemodel, native, npz

    func arguments(_ bad: String, in folder: TemporaryFolder) throws -> [String] {
      let definition = try folder.write("net.prototxt", text: SmallNet.definition)
      let weights = try folder.write("net.caffemodel", SmallNet.caffemodel)
      return switch self {
      case .prototxt: ["--prototxt", bad, "--caffemodel", weights]
      case .caffemodel: ["--prototxt", definition, "--caffemodel", bad]
      case .native: [bad, "--check"]
      case .npz: ["run", "\(definition),\(weights)", "--input", bad]
      }
    }

    var tool: String {
      switch self {
      case .prototxt, .caffemodel: "resnet-convert"
      case .native: "resnet-inspect"
      case .npz: "resnet-verify"
      }
    }
  }

  private static func row(_ object: Object, _ place: Place) -> HostileCase {
    let culprit =
      switch object {
      case .zeros: "dev/zero"
      case .memory: "proc/self/mem"
      case .folder, .pipe, .port, .largest, .unreadable: "bad"
      }
    return HostileCase(
      number: object.number, name: "\(place): \(object.rawValue)", tool: place.tool,
      arguments: { try place.arguments(object.make(in: $0), in: $0) },
      hasOutput: place != .native, exitCode: object.answer.code,
      fragments: [object.answer.fragment], culprit: culprit)
  }

  @Test(arguments: Object.allCases.filter { $0 != .unreadable }, Place.allCases)
  func `is refused without waiting for it`(_ object: Object, _ place: Place) throws {
    try Self.row(object, place).check()
  }

  /// How to be somebody who may not read all files; nil where that cannot be.
  static let asNobody: String? = {
    guard getuid() == 0 else { return "" }
    let line = "exec setpriv --reuid 65534 --regid 65534 --clear-groups "
    let tool = Places.tools.appendingPathComponent("resnet-convert").path
    return BadInputTests.shell("\(line) '\(tool)' --version >/dev/null") ? line : nil
  }()

  @Test(
    .enabled(if: asNobody != nil, "needs setpriv, and tools that others may run"),
    arguments: Place.allCases)
  func `that may not be read is refused`(_ place: Place) throws {
    var row = Self.row(.unreadable, place)
    row.prelude = Self.asNobody.map { $0.isEmpty ? "" : "\($0) \"$0\" \"$@\"" } ?? ""
    try row.check()
  }

  @Test func `of zeros as large as is accepted costs neither time nor memory`() throws {
    try HostileCase(
      number: "8", name: "caffemodel: 64 GiB of zeros",
      arguments: { folder in
        let path = try folder.write("bad", [])
        #expect(truncate(path, 1 << 36) == 0)
        return try Place.caffemodel.arguments(path, in: folder)
      }, fragments: ["found data of another kind, which is no protobuf of Caffe from byte 0 on"]
    ).check()
  }
}
