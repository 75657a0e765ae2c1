/// A row of pixels of a decoder turned into red, green and blue.
struct PixelRow {
  let form: ImageReply.Form
  /// What is seen where alpha is not 255; nil: alpha is dropped.
  let background: BackgroundColour?
  /// Whether a pixel was transparent.
  private(set) var isTransparent = false

  init(_ form: ImageReply.Form, background: BackgroundColour?) {
    self.form = form
    self.background = background
  }

  /// Writes a row of pixels.
  ///
  /// - Parameters:
  ///   - source: `form.channelCount` bytes for each pixel.
  ///   - target: 3 bytes for each pixel.
  mutating func convert(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer)
  {
    let count = target.count / 3
    switch form {
    case .rgb: target.copyMemory(from: source)
    case .grey:
      for i in 0..<count {
        let level = source[i]
        (target[3 * i], target[3 * i + 1], target[3 * i + 2]) = (level, level, level)
      }
    case .greyAlpha:
      for i in 0..<count {
        let level = source[2 * i]
        put(level, level, level, alpha: source[2 * i + 1], to: target, at: 3 * i)
      }
    case .rgba:
      for i in 0..<count {
        put(
          source[4 * i], source[4 * i + 1], source[4 * i + 2], alpha: source[4 * i + 3],
          to: target, at: 3 * i)
      }
    case .cmyk:
      // Light passes the ink of a colour, then the black: (255 − ink) · (255 − black) / 255, the
      // rounding as in Pillow's conversion of CMYK.
      for i in 0..<count {
        let black = UInt32(source[4 * i + 3])
        for channel in 0..<3 {
          let ink = 255 - UInt32(source[4 * i + channel])
          target[3 * i + channel] = UInt8(black - Self.dividedBy255(ink * black))
        }
      }
    }
  }

  private mutating func put(
    _ red: UInt8, _ green: UInt8, _ blue: UInt8, alpha: UInt8,
    to target: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    isTransparent = isTransparent || alpha != 255
    guard let background else {
      (target[offset], target[offset + 1], target[offset + 2]) = (red, green, blue)
      return
    }
    func blend(_ level: UInt8, _ behind: UInt8) -> UInt8 {
      UInt8(
        Self.dividedBy255(UInt32(level) * UInt32(alpha) + UInt32(behind) * UInt32(255 - alpha)))
    }
    target[offset] = blend(red, background.red)
    target[offset + 1] = blend(green, background.green)
    target[offset + 2] = blend(blue, background.blue)
  }

  /// `value / 255` rounded to nearest, exact for products of two bytes.
  private static func dividedBy255(_ value: UInt32) -> UInt32 {
    let biased = value + 128
    return (biased >> 8 + biased) >> 8
  }
}
