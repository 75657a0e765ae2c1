import ArgumentParser
import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Which layers of a summary are shown, and in which order.
struct LayerChoice: ParsableArguments {
  @Option(help: "Show stages (1), residual units (2) or layers (3) of the network.")
  var depth = 3

  @Option(
    help: ArgumentHelp(
      "Show layers of this name only; * stands for any letters, ? for one. May be repeated.",
      valueName: "pattern"))
  var layer: [String] = []

  @Option(
    help: ArgumentHelp(
      "Order rows by a column, by its title or its name in JSON: numbers from the greatest down.",
      valueName: "column"))
  var sort: String?

  @Option(help: ArgumentHelp("Show so many rows at most.", valueName: "count"))
  var top: Int?

  func validate() throws {
    guard (1...3).contains(depth) else {
      throw ValidationError("--depth: expected 1 to 3, found \(depth)")
    }
    guard top.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--top: expected 1 or more, found \(top ?? 0)")
    }
    guard layer.isEmpty || depth == 3 else {
      throw ValidationError("--layer: layers are shown with --depth 3 only")
    }
  }

  /// The report with the tables and rows that were asked for.
  ///
  /// - Throws: `UsageError` for a layer or a column that is not there.
  func apply(to report: Report) throws -> Report {
    var report = report
    let shown = ["stages", "units", "layers"][depth - 1]
    var table = report.tables.first { $0.id == shown }
    for pattern in layer
    where table?.rows.contains(where: { matches($0, [pattern]) }) == false {
      throw UsageError("--layer \(pattern): no layer of this name")
    }
    if !layer.isEmpty { table?.keepRows { matches($0, layer) } }
    if let sort, table?.sort(by: sort) == false {
      let names = table?.columns.map(\.id).joined(separator: ", ") ?? ""
      throw UsageError("--sort \(sort): no such column; there are: \(names)")
    }
    let count = table?.rows.count ?? 0
    if let top, top < count {
      table?.keepFirst(top)
      report.notes.append("\(top) of \(count) rows are shown")
    }
    // Sums by stage stand behind the layers.
    let behind = report.tables.filter { shown == "layers" && $0.id == "stages" && layer.isEmpty }
    report.tables = [table].compactMap { $0 } + behind
    return report
  }

  private func matches(_ row: [Report.Value], _ patterns: [String]) -> Bool {
    guard case .text(let name) = row[0] else { return false }
    return patterns.contains { fnmatch($0, name, 0) == 0 }
  }
}
