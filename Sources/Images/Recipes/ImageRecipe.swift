public import ModelGraph

/// How an image of any size becomes what a network reads.
public struct ImageRecipe: Sendable {
  /// How an image gets the extent of the network's input.
  public enum Fit: String, Sendable, CaseIterable {
    /// Both sides are resized to the input's, whatever that does to the proportions.
    case warp
    /// The shorter side is resized, and the middle cut out.
    case crop
    /// Both sides are resized to the same extent, and the middle cut out.
    case warpCrop = "warp-crop"
  }

  /// How an image gets the extent of the network's input.
  public var fit: Fit
  /// The side that it is resized to before the middle is cut out; nil for 256 where the input has
  /// 224, and in proportion for others.
  public var side: Int?
  /// How it is resized.
  public var resizer: Resizer
  /// Whether images are turned as their Exif data says.
  public var appliesOrientation: Bool
  /// Whether the middle is rounded to even numbers, as Python rounds, or down.
  public var roundsMiddleToEven: Bool
  /// What is done to the pixels.
  public var preprocessing: Preprocessing

  /// What a framework does with images, and a recipe for their pixels.
  public init(_ pipeline: ImagePipeline, _ preprocessing: Preprocessing = Preprocessing()) {
    self.preprocessing = preprocessing
    side = nil
    appliesOrientation = false
    roundsMiddleToEven = false
    switch pipeline {
    case .keras: (fit, resizer) = (.warp, .pillowNearest)
    case .torchvision:
      (fit, resizer) = (.crop, .pillowBilinear)
      roundsMiddleToEven = true
    case .pycaffe: (fit, resizer) = (.warpCrop, .pycaffe)
    case .opencv:
      (fit, resizer) = (.warp, .openCVLinear)
      appliesOrientation = true
    }
  }

  /// The side that an image is resized to before a square of so many pixels is cut out.
  ///
  /// Small networks (CIFAR) see the whole of it: nothing was cut from what they were trained on.
  public func side(for extent: Int) -> Int {
    side ?? (extent <= 64 ? extent : (extent * 256 + 112) / 224)
  }
}

/// What frameworks do with an image before its pixels become numbers.
public enum ImagePipeline: String, Sendable, CaseIterable {
  /// `load_img(path, target_size=…)`: warped, nearest pixels, Exif ignored.
  case keras
  /// `Resize(256)` and `CenterCrop(224)` on an image of Pillow's, Exif ignored.
  case torchvision
  /// `caffe.Classifier`: 256 × 256, then the middle.
  case pycaffe
  /// `cv::imread` and `cv::resize`, as Caffe's classification example: warped, Exif applied.
  case opencv

  /// What is usual for models of a source format.
  public init(format: String) {
    self =
      if format.hasPrefix("keras") { .keras } else if format.hasPrefix("caffe") {
        .pycaffe
      } else { .torchvision }
  }
}

extension ImageRecipe: CustomStringConvertible {
  /// `crop, pillow-bilinear, Exif ignored, RGB, minus [123.675, …], times …`.
  public var description: String {
    let geometry = fit.rawValue + (side.map { " of \($0)" } ?? "")
    let exif = "Exif \(appliesOrientation ? "applied" : "ignored")"
    return "\(geometry), \(resizer.rawValue), \(exif); pixels: \(preprocessing)"
  }
}
