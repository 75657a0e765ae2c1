public import Files
public import TensorCore

/// What a file is that holds no model in a format of this toolkit, told from its contents, and what
/// to do with it.
public struct ForeignFile: Sendable, Equatable {
  /// What it is: `a PyTorch checkpoint`.
  public let kind: String
  /// What can be done about it; empty where nothing can be said.
  public let advice: String

  init(_ kind: String, _ advice: String = "") {
    self.kind = kind
    self.advice = advice
  }
}

extension ForeignFile {
  /// As many bytes as are looked at for text and names.
  static let prefixByteCount = 1 << 16

  /// What the contents surely are, by a signature or by the fields of a message; nil for a model in a
  /// format of this toolkit, for plain text and for what is not known.
  ///
  /// Looks at the first and the last bytes only, and at the directory of an archive.
  public init?(_ bytes: Bytes) {
    guard bytes.count > 0, !ForeignFile.isOurs(bytes) else { return nil }
    let prefix = bytes.prefix(Self.prefixByteCount)
    let found =
      ForeignFile(signature: prefix, of: bytes) ?? ForeignFile(archive: prefix, of: bytes)
      ?? ForeignFile(tensors: prefix, of: bytes) ?? ForeignFile(message: bytes)
      ?? ForeignFile(text: prefix, of: bytes)
    guard let found else { return nil }
    self = found
  }

  /// What the contents are, as far as can be told: for an error about a file that is not what it
  /// should be.
  public init(describing bytes: Bytes) {
    self =
      ForeignFile(bytes) ?? ForeignFile(native: bytes) ?? ForeignFile(json: bytes)
      ?? ForeignFile(plain: bytes)
  }

  /// An error about a file that is this instead of what was expected.
  public func refusal(
    of file: InputFile, at location: FormatError.Location? = nil, expected: String
  ) -> FormatError {
    FormatError(
      .badModel, file: file.path, at: location, "expected \(expected), found \(description)")
  }

  /// Whether the file begins as HDF5 or as this toolkit's own format; what is wrong with these is
  /// told by their readers.
  private static func isOurs(_ bytes: Bytes) -> Bool {
    if bytes.starts(with: nativeSignature) { return true }
    // MATLAB writes its own name before the HDF5 that it keeps its variables in.
    return hasHDF5(bytes) && !bytes.starts(with: Array("MATLAB".utf8))
  }

  /// Whether the signature of HDF5 is at the begin or behind a user block, whose size is a power of
  /// two.
  private static func hasHDF5(_ bytes: Bytes) -> Bool {
    var offset = 0
    while let found = bytes.slice(from: offset, count: hdf5Signature.count) {
      if found.array == hdf5Signature { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  private static let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
  private static let nativeSignature: [UInt8] = [0x89, 0x52, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]

  /// A format of this toolkit, where another was expected.
  private init?(native bytes: Bytes) {
    if bytes.count == 0 {
      self.init("an empty file", "fetch it again, since nothing of it arrived")
    } else if bytes.starts(with: Self.nativeSignature) {
      self.init("a native model of this toolkit")
    } else if Self.hasHDF5(bytes) {
      self.init("an HDF5 file")
    } else if bytes.starts(with: [0x50, 0x4b, 3, 4]) {
      self.init("a zip archive that is cut short", "fetch it again")
    } else {
      return nil
    }
  }
}

extension ForeignFile: CustomStringConvertible {
  /// `a Git LFS pointer: run "git lfs pull" …`.
  public var description: String { advice.isEmpty ? kind : "\(kind): \(advice)" }
}

extension ForeignFile {
  /// Formats of models that have no reader here, by how their weights can come here all the same.
  static func model(_ kind: String, _ way: String) -> ForeignFile {
    ForeignFile(kind, "not supported yet; \(way)")
  }

  static let throughKeras =
    "build its network in Keras, copy the weights into it and save that as .keras"
  static let saveFromKeras = "load it in Keras and save it as .keras"
  static let takeSource = "take the Caffe or Keras model that it was made from"
  static let image = "a model was expected here, not an image"
}

extension Bytes {
  /// The first bytes, as many as there are.
  func prefix(_ count: Int) -> [UInt8] {
    slice(from: 0, count: min(count, self.count))!.array  // inside
  }

  func starts(with signature: [UInt8]) -> Bool {
    slice(from: 0, count: signature.count)?.array == signature
  }
}

extension [UInt8] {
  /// Whether these bytes are at an offset.
  func has(_ signature: [UInt8], at offset: Int = 0) -> Bool {
    count >= offset + signature.count && self[offset..<offset + signature.count] == signature[...]
  }

  /// An integer of four bytes, least significant first; nil where it does not lie within.
  func word(at offset: Int) -> UInt32? {
    guard offset >= 0, offset + 4 <= count else { return nil }
    return self[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
