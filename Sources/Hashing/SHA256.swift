internal import CCrypto
public import TensorCore

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
public struct SHA256: ~Copyable {
  /// Its result.
  public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// 64 hexadecimal digits in lower case.
    public var description: String {
      let digits = Array("0123456789abcdef".utf8)
      let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
      return String(decoding: text, as: UTF8.self)
    }

    /// By the bytes, the first ones first.
    public static func < (left: Digest, right: Digest) -> Bool {
      left.bytes.lexicographicallyPrecedes(right.bytes)
    }
  }

  private let context: OpaquePointer

  /// The hash of no bytes.
  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("OpenSSL does not compute SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1,
      "OpenSSL does not compute SHA-256")
  }

  /// Appends bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Appends the UTF-8 of a text.
  public mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The hash of all that was appended.
  public consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    precondition(
      EVP_DigestFinal_ex(context, &bytes, nil) == 1, "OpenSSL does not compute SHA-256")
    return Digest(bytes: bytes)
  }
}

extension Bytes {
  /// The SHA-256 of the bytes: 64 hexadecimal digits in lower case.
  public var sha256: String {
    var hash = SHA256()
    withUnsafeBytes { hash.update($0) }
    return hash.finish().description
  }
}
