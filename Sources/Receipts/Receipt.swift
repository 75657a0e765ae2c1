public import ModelGraph

/// What became of every tensor in a conversion, with the hashes that prove it.
///
/// It holds no folder and no time: the same conversion gives the same receipt anywhere.
public struct Receipt: Sendable, Equatable {
  /// A file that was read or written.
  public struct File: Sendable, Equatable {
    /// The last component of its path.
    public var name: String
    /// Its size.
    public var byteCount: Int
    /// The SHA-256 of its contents, 64 hexadecimal digits.
    public var sha256: String
  }

  /// A tensor in a file, and what its elements are there.
  public struct HashedTensor: Sendable, Equatable {
    /// Where it lies.
    public var stored: StoredTensor
    /// The SHA-256 of its elements as they lie in the file; nil where they do not lie in one piece.
    public var sha256: String?
  }

  /// One tensor of the output.
  public struct Entry: Sendable, Equatable {
    /// The tensor it was made of; nil for a constant that the target's format asks for.
    public var source: HashedTensor?
    /// What was done to it, in order; nothing means its bits are untouched.
    public var transforms: [Ledger.Transform]
    /// What it became.
    public var target: HashedTensor
  }

  /// The files that were read.
  public var sources: [File]
  /// The files that were written.
  public var targets: [File]
  /// The tensors in the order of the output.
  public var entries: [Entry]
  /// The tensors of the sources that no tensor of the output is made of, because their layers are
  /// no part of the model.
  public var leftOut: [HashedTensor]
}
