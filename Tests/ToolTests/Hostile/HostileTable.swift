import Foundation
import Synchronization
import TestSupport

/// The table of all hostile cases with what the tools answered, written as Markdown to the file
/// that `RESNET_TOOLKIT_HOSTILE_TABLE` names.
enum HostileTable {
  private static let path = ProcessInfo.processInfo.environment["RESNET_TOOLKIT_HOSTILE_TABLE"]
  private static let rows = Mutex<Set<[String]>>([])

  /// Cases of the matrix that a format cannot have, and why.
  static let inapplicable: [(number: String, format: String, reason: String)] = [
    ("12", "prototxt, caffemodel", "nothing is aligned; lengths near 2^64 are case 26"),
    ("13", "prototxt, caffemodel", "no offsets: elements lie inside their message"),
    ("16", "prototxt, caffemodel", "no offsets: elements lie inside their message"),
    ("18", "prototxt", "no counts: what repeats is repeated, case 28"),
    ("19", "prototxt", "text has no alignment"),
    ("20", "prototxt, caffemodel", "no version and no byte order: types are all there is"),
    ("25", "prototxt, native", "no wire format; numbers are cases 11 and 35, lengths 12 and 13"),
    ("26", "prototxt, native", "no length prefixes but those of cases 12, 13 and 18"),
    ("33", "prototxt, native", "elements can be stored in one way only"),
    ("52", "all", "no reader of pickles: refused by content, case 51"),
    ("53", "all", "no strides and no storage apart from tensors: sizes are cases 13 and 15"),
    ("55", "prototxt, caffemodel", "no checksums; damage is case 3"),
    ("56", "prototxt, caffemodel", "no checksums; damage is case 3"),
    ("57", "prototxt, caffemodel", "no version number; later fields are case 36"),
    ("58", "prototxt, caffemodel", "shortened while it is mapped: case 6"),
  ]

  /// Takes note of a run and writes the table anew.
  static func record(
    _ number: String, _ name: String, _ tool: String, _ run: ToolRun, message: String
  ) {
    let result = run.exitCode.map { "exit \($0)" } ?? "signal \(run.signal ?? 0)"
    record(number, name, tool, result: result, message: message)
  }

  /// Takes note of a case of many runs.
  static func record(
    _ number: String, _ name: String, _ tool: String, result: String, message: String
  ) {
    guard let path else { return }
    let line = message.split(separator: "\n").first.map(String.init) ?? ""
    let short = line.count > 200 ? "\(line.prefix(160)) … \(line.suffix(30))" : line
    let row = [number, name, tool, result, short].map {
      $0.replacingOccurrences(of: "|", with: "\\|")
    }
    rows.withLock { rows in
      rows.insert(row)
      for (number, format, reason) in inapplicable {
        rows.insert([number, "\(format): does not apply", "", "", reason])
      }
      let sorted = rows.sorted {
        (Int($0[0]) ?? 0, $0[1], $0[2]) < (Int($1[0]) ?? 0, $1[1], $1[2])
      }
      let lines =
        ["| case | what | tool | result | message |", "|---|---|---|---|---|"]
        + sorted.map { "| \($0.joined(separator: " | ")) |" }
      try? (lines.joined(separator: "\n") + "\n").write(
        toFile: path, atomically: true, encoding: .utf8)
    }
  }
}
