public import Files

/// How one format writes a model, where there is a choice; the format has a type of its own for it.
public protocol WritingChoice: Sendable {
  /// What is written where nothing is said.
  init()

  /// What it is for, in messages: `ONNX`.
  static var format: String { get }
}

/// What the user can say about how a model is written, for each format that has choices.
public struct WritingOptions: Sendable {
  private var choices: [any WritingChoice] = []
  /// The first option that was given for each type, as the user called it.
  private var names: [String] = []

  /// Nothing said.
  public init() {}

  /// Adds what was said for a format.
  ///
  /// - Parameter name: the option that says so, as the user called it.
  public mutating func add(_ choice: some WritingChoice, named name: String) {
    choices.append(choice)
    names.append(name)
  }

  /// What was said for one format; refuses what was said for others: the user expects it to change
  /// something.
  ///
  /// - Throws: `FormatError` of kind `usage` naming the first that was given.
  public func only<Choice: WritingChoice>(_ type: Choice.Type) throws(FormatError) -> Choice {
    var found = Choice()
    for (choice, name) in zip(choices, names) {
      guard let own = choice as? Choice else { throw Self.refusal(name, choice) }
      found = own
    }
    return found
  }

  /// Refuses whatever was said: for a format without choices.
  ///
  /// - Throws: as `only(_:)`.
  public func refuseAll() throws(FormatError) {
    for (choice, name) in zip(choices, names) { throw Self.refusal(name, choice) }
  }

  private static func refusal(_ name: String, _ choice: any WritingChoice) -> FormatError {
    FormatError(.usage, "\(name) is for outputs of \(type(of: choice).format) only")
  }
}
