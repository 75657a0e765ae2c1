import Foundation
import TestSupport

/// The shim that makes calls of a tool fail, `faults.c`, compiled beside the tools when it is first
/// needed.
enum FaultShim {
  /// The library to be loaded before the C library; nil where there is no compiler.
  static let library: String? = {
    let source = Places.project.appendingPathComponent("Tests/ToolTests/Faults/faults.c").path
    let path = Places.tools.appendingPathComponent("faults.so").path
    // Every Swift toolchain has a clang beside its compiler.
    let line = """
      for compiler in "$(dirname "$(readlink -f "$(command -v swift)")")/clang" clang cc; do
        command -v "$compiler" >/dev/null || continue
        "$compiler" -shared -fPIC -O1 -o '\(path)' '\(source)' -ldl && exit 0
      done
      exit 1
      """
    return BadInputTests.shell(line) ? path : nil
  }()

  /// Why tests that need it are skipped.
  static let need: String = "needs clang, which Swift toolchains ship, to compile the fault shim"

  /// The environment of a tool in which a call fails.
  ///
  /// - Parameters:
  ///   - log: a file that exists once the fault has happened.
  ///   - more: what happens, and where else.
  static func environment(
    _ call: String, at index: Int, log: String, _ more: [String: String]
  ) -> [String: String] {
    [
      "LD_PRELOAD": library ?? "", "FAULT_CALL": call, "FAULT_AT": "\(index)", "FAULT_LOG": log,
    ].merging(more) { $1 }
  }
}
