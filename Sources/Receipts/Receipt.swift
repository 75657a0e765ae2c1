public import ModelGraph
public import TensorCore

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

  /// A tensor where it lies in a file.
  public struct StoredTensor: Sendable, Equatable {
    /// The name of the file.
    public var file: String
    /// Its name there: `conv1/blobs[0]`.
    public var object: String
    /// Where its elements begin; nil where they do not lie there in one piece as they are.
    public var byteOffset: Int?
    /// What each of its elements is.
    public var elementType: ElementType
    /// Its extents.
    public var shape: Shape
    /// The SHA-256 of its elements as they lie in the file; nil without `byteOffset`.
    public var sha256: String?

    /// The bytes its elements take.
    var byteCount: Int { shape.elementCount * elementType.byteCount }
  }

  /// One tensor of the output.
  public struct Entry: Sendable, Equatable {
    /// The tensor it was made of; nil for a constant that the target's format asks for.
    public var source: StoredTensor?
    /// What was done to it, in order; nothing means its bits are untouched.
    public var transforms: [Ledger.Transform]
    /// What it became.
    public var target: StoredTensor
  }

  /// The files that were read.
  public var sources: [File]
  /// The files that were written.
  public var targets: [File]
  /// The tensors in the order of the output.
  public var entries: [Entry]
  /// The tensors of the sources that no tensor of the output is made of, because their layers are
  /// no part of the model.
  public var leftOut: [StoredTensor]
}
