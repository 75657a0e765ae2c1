public import ModelGraph

/// What a reader hands over: a model, and what became of the tensors in the files it was given.
///
/// The model has a ledger of its own, in its provenance, which travels with it. The two are one but
/// for a native file: its tensors lie where they were written, its model tells where they came from.
public struct ReadModel: Sendable {
  /// The model.
  public var model: Model
  /// Which tensor of the files became which weight, and which became none.
  public let ledger: Ledger
  /// How many elements of a weight are infinite or not a number, by its name and without zeros: of a
  /// reader that looked at all of them anyway, else nil.
  public var nonFiniteCounts: [String: Int]?

  /// A model whose own ledger is about the files that were read, or that came from no file.
  public init(_ model: Model) {
    self.init(model, ledger: model.provenance.ledger)
  }

  /// A model and the ledger of its files.
  public init(_ model: Model, ledger: Ledger) {
    self.model = model
    self.ledger = ledger
  }
}
