internal import ModelGraph
internal import TensorCore

/// `caffe.io.resize_image` of pycaffe for images of three channels: scikit-image's `resize` with
/// order 1 and without antialiasing, on values that reach from 0 to 1.
///
/// Beyond the edges there are zeros, which are the darkest value of the image once its range is
/// restored.
enum CaffeResizing {
  static func resize(_ image: PixelBytes, to size: Extent) -> PixelNumbers {
    let darkest = Float(image.samples.withUnsafeBytes { $0.min() ?? 0 })
    let columns = places(image.size.width, to: size.width)
    let rows = places(image.size.height, to: size.height)
    var result = image.weighted(columns: columns, rows: rows, rounds: false)
    // What is missing of the weights is beyond an edge.
    let inside = (
      columns.map { $0.weights.reduce(0, +) }, rows.map { $0.weights.reduce(0, +) }
    )
    for y in 0..<size.height {
      for x in 0..<size.width {
        let outside = 1 - inside.0[x] * inside.1[y]
        guard outside > 0 else { continue }
        for channel in 0..<3 {
          result.samples[3 * (y * size.width + x) + channel] += outside * darkest
        }
      }
    }
    return result
  }

  private static func places(_ extent: Int, to count: Int) -> [WeightedPlaces] {
    let scale = Double(extent) / Double(count)
    return (0..<count).map { index in
      let position = (Double(index) + 0.5) * scale - 0.5
      let left = position.rounded(.down)
      let weight = Float(position - left)
      let taps = [(Int(left), 1 - weight), (Int(left) + 1, weight)]
        .filter { (0..<extent).contains($0.0) }
      return WeightedPlaces(places: taps.map(\.0), weights: taps.map(\.1))
    }
  }
}
