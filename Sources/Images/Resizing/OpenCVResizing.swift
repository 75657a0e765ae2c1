internal import ModelGraph

/// `cv::resize` of OpenCV between the nearest pixels: those beyond an edge are the last ones before
/// it. Its sums are integers of 11 bits behind the point; these are float32, and within 1 of them.
struct OpenCVTaps: Sendable {
  /// The weights of the pixels from `first` on, for a position so far behind pixel 0.
  let weights: @Sendable (Float) -> [Float]
  let first: Int

  /// Two pixels: `INTER_LINEAR`.
  static let linear = OpenCVTaps(weights: { x in [1 - x, x] }, first: 0)

  /// Four pixels, Keys' cubic with a = −0.75: `INTER_CUBIC`.
  static let cubic = OpenCVTaps(
    weights: { x in
      let a: Float = -0.75
      func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
      func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
      let weights = [far(x + 1), near(x), near(1 - x)]
      return weights + [1 - weights.reduce(0, +)]
    }, first: -1)

  func resize(_ image: PixelBytes, to size: Extent) -> PixelNumbers {
    image.weighted(
      columns: places(image.size.width, to: size.width),
      rows: places(image.size.height, to: size.height), rounds: true)
  }

  private func places(_ extent: Int, to count: Int) -> [WeightedPlaces] {
    let scale = Double(extent) / Double(count)
    return (0..<count).map { index in
      let position = Float((Double(index) + 0.5) * scale - 0.5)
      let left = position.rounded(.down)
      let weights = weights(position - left)
      return WeightedPlaces(
        places: weights.indices.map { min(max(Int(left) + first + $0, 0), extent - 1) },
        weights: weights)
    }
  }
}

/// `INTER_AREA` of OpenCV: the mean of what a new pixel covers. Where an axis grows, both are between
/// two pixels, whose border is as wide as a new pixel.
enum OpenCVArea {
  static func resize(_ image: PixelBytes, to size: Extent) -> PixelNumbers {
    let grows = size.width > image.size.width || size.height > image.size.height
    let places = grows ? between : covered
    return image.weighted(
      columns: places(image.size.width, size.width),
      rows: places(image.size.height, size.height), rounds: true)
  }

  private static func covered(_ extent: Int, by count: Int) -> [WeightedPlaces] {
    let scale = Double(extent) / Double(count)
    return (0..<count).map { index in
      let (start, end) = (Double(index) * scale, min(Double(index + 1) * scale, Double(extent)))
      let places = Array(Int(start)..<min(Int(end.rounded(.up)), extent))
      return WeightedPlaces(
        places: places,
        weights: places.map { place in
          Float((min(Double(place + 1), end) - max(Double(place), start)) / (end - start))
        })
    }
  }

  private static func between(_ extent: Int, and count: Int) -> [WeightedPlaces] {
    let growth = Double(count) / Double(extent)
    let scale = 1 / growth
    return (0..<count).map { index in
      let left = Int(Double(index) * scale)
      let passed = Float(Double(index + 1) - Double(left + 1) * growth)
      let weight = passed <= 0 ? 0 : passed - passed.rounded(.down)
      return WeightedPlaces(
        places: [min(left, extent - 1), min(left + 1, extent - 1)], weights: [1 - weight, weight])
    }
  }
}
