public import ModelGraph
public import TensorCore

/// An image of three bytes a pixel: red, green, blue.
public struct PixelBytes: Sendable {
  /// Rows and columns.
  public let size: Extent
  /// The bytes, row by row.
  public let samples: Bytes  // [height, width, 3]

  /// An image over bytes: three for each pixel.
  public init(size: Extent, samples: Bytes) {
    precondition(samples.count == size.height * size.width * 3, "three bytes a pixel")
    self.size = size
    self.samples = samples
  }
}

/// An image of three numbers from 0 to 255 a pixel: red, green, blue. Whole ones where they imitate
/// what computes in bytes.
public struct PixelNumbers: Sendable {
  /// Rows and columns.
  public let size: Extent
  /// The numbers, row by row.
  public var samples: [Float]  // [height, width, 3]

  /// An image of numbers: three for each pixel.
  public init(size: Extent, samples: [Float]) {
    precondition(samples.count == size.height * size.width * 3, "three numbers a pixel")
    self.size = size
    self.samples = samples
  }

  /// The same pixels as numbers.
  public init(_ image: PixelBytes) {
    size = image.size
    samples = image.samples.withUnsafeBytes { $0.map { Float($0) } }
  }
}

extension Extent {
  /// `640x480`: columns first, as people say it.
  public var text: String { "\(width)x\(height)" }
}
