public import ModelGraph

/// A tensor of a file that was written, and the weight it was made of: what an entry of a ledger is
/// to reading.
public struct WrittenTensor: Sendable, Equatable {
  /// The weight, `layer/role`; nil for a constant that the format asks for.
  public var weight: String?
  /// What was done to the weight, in order; nothing means its bits are untouched.
  public var transforms: [Ledger.Transform]
  /// Where it lies now.
  public var target: StoredTensor

  /// A tensor in a file.
  public init(weight: String?, transforms: [Ledger.Transform] = [], target: StoredTensor) {
    self.weight = weight
    self.transforms = transforms
    self.target = target
  }
}
