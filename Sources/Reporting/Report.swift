/// What a command found out: one value that becomes text, JSON, CSV, Markdown or SVG.
///
/// A reader sees the findings first, then the facts, the tables and the figures.
public struct Report: Sendable {
  /// What is reported: `summary`, `paper`. Its JSON follows `schemas/report-<kind>.schema.json`.
  public var kind: String
  /// The version of the JSON of this kind: raised where a member changes its meaning or is gone.
  public var version: Int
  /// What it is about, for people.
  public var title: String
  /// What deserves attention, in words, the most important first.
  public var findings: [String] = []
  /// Single values.
  public var facts: [Fact] = []
  /// Rows of values.
  public var tables: [Table] = []
  /// What is there to see; one below the other in one picture.
  public var figures: [Figure] = []
  /// What was assumed, left out, or is good to know.
  public var notes: [String] = []

  /// A report of a kind that has nothing to say yet.
  public init(kind: String, version: Int = 1, title: String) {
    self.kind = kind
    self.version = version
    self.title = title
  }
}

extension Report {
  /// A single value with its name.
  public struct Fact: Sendable {
    /// Its member in JSON, in camel case.
    public var id: String
    /// What people call it.
    public var title: String
    /// The value.
    public var value: Value

    /// A value under its two names.
    public init(_ id: String, _ title: String, _ value: Value) {
      self.id = id
      self.title = title
      self.value = value
    }
  }
}
