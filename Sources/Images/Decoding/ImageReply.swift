/// What `resnet-image-decoder` answers on its standard output, in a form of this toolkit.
///
///     signature  what the kernel lacks
///     1  width  height  form  ( 1 row )*  2 warning      an image
///     0  kind  reason                                    here or before any row: why there is none
///
/// Integers have one byte where they are a choice, else eight, least significant first. A text is
/// its length and UTF-8.
package enum ImageReply {
  static let signature: [UInt8] = Array("RTIM".utf8) + [1]

  /// How long an image may be computed about: a second for each MiB, and two for the begin.
  package static func computingSeconds(for byteCount: Int) -> Int { 2 + byteCount >> 20 }

  /// The most pixels of an image: 67 million.
  package static let pixelLimit = 1 << 26
  /// The most scans of a progressive JPEG; encoders make about ten.
  package static let scanLimit = 100

  /// What may be held at a time beside a row, of an image that comes in several passes: a good
  /// progressive JPEG has half a bit and six bytes of coefficients for a pixel.
  package static func heldByteLimit(for byteCount: Int) -> Int { 64 << 20 + 128 * byteCount }

  /// The first byte behind the head, and before each row.
  enum Step: UInt8 { case refused, next, end }

  /// Why there is no image.
  package enum Fault: UInt8 { case damaged, refused, unsupported }

  /// What a pixel is, in bytes.
  package enum Form: UInt8 {
    case grey = 1
    case greyAlpha, rgb, rgba
    /// Each 255 where there is no ink.
    case cmyk

    /// Bytes of a pixel.
    package var channelCount: Int { self == .cmyk ? 4 : Int(rawValue) }
  }
}
