extension HDF5File {
  /// What was done to a chunk before it was stored.
  public enum Filter: Sendable, Equatable {
    /// The first bytes of all elements of so many bytes, then the second ones, and so on.
    case shuffle(elementByteCount: Int)
    /// zlib.
    case deflate
    /// A checksum at the end.
    case fletcher32
    /// The LZF of h5py.
    case lzf
    /// Any other filter, in words.
    case other(String)
  }
}

extension HDF5File.Filter {
  /// How much larger than its stored bytes deflate's output can be; LZF stays below.
  package static let largestRatio = 1032
}
