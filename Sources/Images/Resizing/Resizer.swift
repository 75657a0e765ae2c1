public import ModelGraph

/// How an image gets another size, named after what it imitates.
///
/// Those of Pillow give its very bytes, those of OpenCV and of pycaffe differ by 1 of 255 at most.
public enum Resizer: String, Sendable, CaseIterable {
  /// The pixel whose area has the middle of the new one: the default of Keras' `load_img`.
  case pillowNearest = "pillow-nearest"
  /// A triangle that grows with the reduction: torchvision's default on Pillow's images.
  case pillowBilinear = "pillow-bilinear"
  /// Cubic with a = −0.5, growing with the reduction.
  case pillowBicubic = "pillow-bicubic"
  /// Between the two nearest pixels, however large the reduction: `INTER_LINEAR`, OpenCV's default.
  case openCVLinear = "opencv-linear"
  /// The mean of what a new pixel covers: `INTER_AREA`.
  case openCVArea = "opencv-area"
  /// Cubic with a = −0.75 over the four nearest pixels: `INTER_CUBIC`.
  case openCVCubic = "opencv-cubic"
  /// Between the two nearest pixels, with the darkest value beyond the edges:
  /// `caffe.io.resize_image` of pycaffe, scikit-image without antialiasing. No whole numbers.
  case pycaffe

  /// An image of another size.
  ///
  /// - Precondition: the new size has pixels.
  public func resize(_ image: PixelBytes, to size: Extent) -> PixelNumbers {
    precondition(size.height > 0 && size.width > 0, "\(size.text)")
    guard size != image.size else { return PixelNumbers(image) }
    switch self {
    case .pillowNearest: return PillowNearest.resize(image, to: size)
    case .pillowBilinear: return PillowFilter.triangle.resize(image, to: size)
    case .pillowBicubic: return PillowFilter.cubic.resize(image, to: size)
    case .openCVLinear: return OpenCVTaps.linear.resize(image, to: size)
    case .openCVArea: return OpenCVArea.resize(image, to: size)
    case .openCVCubic: return OpenCVTaps.cubic.resize(image, to: size)
    case .pycaffe: return CaffeResizing.resize(image, to: size)
    }
  }
}
