public import ResNetKit

/// What the classes of a network are called.
public struct ClassNames: Sendable {
  /// A name for each class; nil where nobody knows any.
  public let names: [String]?
  /// What was assumed: a sentence each.
  public let notes: [String]

  /// The names of a model's classes: from a file with one a line, else those that the model has, else
  /// those of ImageNet for 1000 classes.
  ///
  /// - Throws: `FormatError` naming the file for one with another number of lines.
  public init(of model: Model, count: Int, file: InputFile?) throws(FormatError) {
    if let file {
      let lines = try Self.lines(of: file)
      guard lines.count == count else {
        throw FormatError(
          .badModel, file: file.path,
          "expected \(count) lines, a name for each class, found \(lines.count)")
      }
      (names, notes) = (lines, [])
    } else if model.labels.count == count {
      (names, notes) = (model.labels, [])
    } else if count == ImageNetClasses.names.count {
      let found =
        model.labels.isEmpty
        ? "no file names the classes" : "the model has \(model.labels.count) names"
      names = ImageNetClasses.names
      notes = ["\(found): those of ImageNet in their usual order are shown (--labels FILE)"]
    } else {
      names = nil
      notes =
        model.labels.isEmpty
        ? [] : ["the model has \(model.labels.count) names for \(count) classes: none is shown"]
    }
  }

  /// The name of a class; its number where nobody knows one.
  public subscript(index: Int) -> String { names?[index] ?? "class \(index)" }

  /// The lines of a text file, without those that are empty at its end.
  ///
  /// - Throws: `FormatError` naming the file for one that is no text in UTF-8.
  public static func lines(of file: InputFile) throws(FormatError) -> [String] {
    guard let text = String(validating: file.bytes.array, as: UTF8.self) else {
      throw FormatError(.badModel, file: file.path, "expected text in UTF-8")
    }
    var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    return lines
  }
}
