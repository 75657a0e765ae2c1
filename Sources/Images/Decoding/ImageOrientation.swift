internal import ModelGraph
internal import TensorCore

/// Which way up the pixels of a file are, as Exif numbers it (CIPA DC-008, tag 274).
public enum ImageOrientation: Int, Sendable, CaseIterable {
  /// As they are seen.
  case upright = 1
  /// Left and right exchanged.
  case mirrored
  /// Turned by 180°.
  case upsideDown
  /// Top and bottom exchanged.
  case flipped
  /// Rows are columns.
  case transposed
  /// To be turned by 90° clockwise.
  case turnedLeft
  /// Transposed and turned by 180°.
  case transverse
  /// To be turned by 90° counterclockwise.
  case turnedRight

  /// Whether the rows of the file are columns of what is seen.
  var exchangesAxes: Bool { rawValue >= 5 }
}

extension PixelBytes {
  /// The pixels as they are seen.
  public func upright(from orientation: ImageOrientation) -> PixelBytes {
    let (width, height) = (size.width, size.height)
    // Where the first pixel that is seen lies in the file, and the way to the next one and to the
    // next row, in pixels.
    let (first, column, row): (Int, Int, Int) =
      switch orientation {
      case .upright: (0, 1, width)
      case .mirrored: (width - 1, -1, width)
      case .upsideDown: (width * height - 1, -1, -width)
      case .flipped: (width * (height - 1), 1, -width)
      case .transposed: (0, width, 1)
      case .turnedLeft: (width * (height - 1), -width, 1)
      case .transverse: (width * height - 1, -width, -1)
      case .turnedRight: (width - 1, width, -1)
      }
    guard orientation != .upright else { return self }
    let seen = orientation.exchangesAxes ? Extent(height: width, width: height) : size
    let turned = Bytes(count: samples.count) { target in
      samples.withUnsafeBytes { source in
        var offset = 0
        for y in 0..<seen.height {
          for x in 0..<seen.width {
            let place = 3 * (first + y * row + x * column)
            for channel in 0..<3 { target[offset + channel] = source[place + channel] }
            offset += 3
          }
        }
      }
    }
    return PixelBytes(size: seen, samples: turned)
  }
}
