public import Files
public import TensorCore

/// What the files of one format do not say about how they are read; the format has a type of its own
/// for it.
public protocol ReadingChoice: Sendable, Equatable {
  /// What is assumed where nothing is said.
  init()

  /// What it is for, in messages: `models of Caffe`.
  static var models: String { get }
}

/// What the user can say about how a model is read: what every format understands, and a type of its
/// own for each format that has choices.
public struct ReadingOptions: Sendable {
  /// The shape of the input, where the definition does not give one or another is wanted.
  public var inputShape: Shape?
  /// Whether a model is read whose numbers cannot work: see `ReadModel.settlingNumbers`.
  public var allowsNonFinite = false
  private var choices: [(choice: any ReadingChoice, name: String?)] = []

  /// Nothing said but, perhaps, a shape.
  public init(inputShape: Shape? = nil) { self.inputShape = inputShape }

  /// What was said for one format.
  public subscript<Choice: ReadingChoice>(_ type: Choice.Type) -> Choice {
    get { choices.lazy.compactMap { $0.choice as? Choice }.first ?? Choice() }
    set { set(newValue, named: nil) }
  }

  /// Says something for one format.
  ///
  /// - Parameter name: the option that says so, as the user called it.
  public mutating func set<Choice: ReadingChoice>(_ choice: Choice, named name: String?) {
    choices.removeAll { $0.choice is Choice }
    if choice != Choice() { choices.append((choice, name)) }
  }

  /// The first option of each type that was said, as the user called it.
  public var given: [String] {
    choices.map { $0.name ?? "options for \(type(of: $0.choice).models)" }
  }

  /// Refuses what was said for other formats than those of `types`: the user expects it to change
  /// something.
  ///
  /// - Throws: `FormatError` of kind `usage` naming the first that was given.
  public func require(only types: any ReadingChoice.Type...) throws(FormatError) {
    for (choice, name) in choices {
      let own: any ReadingChoice.Type = type(of: choice)
      guard !types.contains(where: { $0 == own }) else { continue }
      throw FormatError(
        .usage, "\(name ?? "what was said") is for \(own.models) only")
    }
  }
}
