public import ArgumentParser
public import ResNetKit

/// How a report is given: as text for people, or in a form for programs, and its picture.
///
/// A command calls `prepare` before its work, so that a picture that cannot be written is known
/// first, and `emit` on what it returns, after it; `emit` on this does both.
public struct ReportArguments: ParsableArguments {
  /// A form other than text.
  public enum Form: String, EnumerableFlag {
    case json, csv, markdown

    /// What help says of it.
    public static func help(for value: Self) -> ArgumentHelp? {
      switch value {
      case .json: "Print the report as JSON."
      case .csv: "Print a table of the report as CSV: the first, or the one of --table."
      case .markdown: "Print the report as Markdown."
      }
    }
  }

  /// The form; nil for text.
  @Flag(exclusivity: .exclusive)
  public var form: Form?

  @Option(
    help: ArgumentHelp("The table that --csv prints, by its name in JSON.", valueName: "name"))
  var table: String?

  @Option(
    help: ArgumentHelp("Draw the figures of the report into an SVG file.", valueName: "file"),
    completion: .file())
  var svg: String?

  /// Whether files that exist may be replaced.
  @Flag(help: "Replace an output file that exists.")
  public var force = false

  @Flag(help: "Show no progress and no notes.")
  var quiet = false

  @OptionGroup var notes: NoteArguments

  /// For the parser.
  public init() {}

  /// Refuses options that ask for nothing; from here on there is no progress if none is wanted.
  public func validate() throws {
    guard table == nil || form == .csv else {
      throw ValidationError("--table says which table --csv prints: give both")
    }
    if quiet { Progress.silence() }
  }

  /// Where the report goes, checked before the work begins.
  ///
  /// - Parameter inputs: the files that the report is about, which the picture must not replace.
  /// - Throws: `FormatError` for a picture that cannot be written.
  public func prepare(besides inputs: [InputFile] = []) throws(FormatError) -> Output {
    guard let svg else { return Output(arguments: self, picture: nil) }
    return Output(
      arguments: self, picture: try OutputFile(path: svg, replacing: force, inputs: inputs))
  }

  /// Prints a report, draws its figures, and says its notes on standard error.
  ///
  /// - Throws: as `prepare` and `Output.emit`.
  public func emit(_ report: Report, besides inputs: [InputFile] = []) throws {
    try prepare(besides: inputs).emit(report)
  }

  /// Says notes on standard error that are about more than the report, unless none are wanted.
  public func say(_ sentences: [String]) {
    if !quiet { notes.say(sentences) }
  }

  /// Where a report goes.
  public struct Output {
    let arguments: ReportArguments
    let picture: OutputFile?

    /// Prints a report, draws its figures, and says its notes on standard error.
    ///
    /// - Throws: `UsageError` for a table or a picture that the report does not have, `FormatError`
    ///   where the picture cannot be written; then nothing is printed.
    public func emit(_ report: Report) throws {
      Progress.clear()
      let text = try arguments.text(of: report)
      if let picture {
        guard !report.figures.isEmpty else {
          throw UsageError("--svg: this report has no figures")
        }
        let bytes = Array(report.svg.utf8)
        try picture.write(byteCount: bytes.count) { writer throws(FormatError) in
          try writer.write(bytes)
        }
      }
      if arguments.form != .json { arguments.say(report.notes) }
      print(text, terminator: "")
    }
  }

  /// What is printed; notes that people see elsewhere are not in it.
  private func text(of report: Report) throws(UsageError) -> String {
    switch form {
    case .json: return report.json.prettyText()
    case .markdown: return report.markdown
    case .csv:
      guard let text = report.csv(of: table) else {
        let names = report.csvNames.joined(separator: ", ")
        throw UsageError("--table \(table ?? ""): no such table; there are: \(names)")
      }
      return text
    case nil:
      var shown = report
      shown.notes = []
      return shown.text(
        width: StandardOutput.columnCount, usesColor: StandardOutput.showsColor)
    }
  }
}
