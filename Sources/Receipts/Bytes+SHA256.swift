internal import CCrypto
internal import TensorCore

extension Bytes {
  /// The SHA-256 (FIPS 180-4) of the bytes: 64 hexadecimal digits in lower case.
  var sha256: String {
    var digest = [UInt8](repeating: 0, count: 32)
    let isDone = withUnsafeBytes { bytes in
      EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil) == 1
    }
    precondition(isDone, "OpenSSL does not compute SHA-256")
    let digits = Array("0123456789abcdef".utf8)
    let text = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
