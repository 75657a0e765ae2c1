internal import ModelGraph
internal import TensorCore

/// The old pixels along an axis that one new pixel is made of, and their weights.
struct WeightedPlaces {
  var places: [Int]
  var weights: [Float]
}

extension PixelBytes {
  /// Each new pixel as a weighted sum over columns, and then over rows, in float32; rounded at the
  /// end, if at all.
  func weighted(columns: [WeightedPlaces], rows: [WeightedPlaces], rounds: Bool) -> PixelNumbers {
    let rowCount = columns.count * 3
    var sums = [Float](repeating: 0, count: rows.count * rowCount)
    var row = [Float](repeating: 0, count: rowCount)
    // New rows that need the same old one are near each other: it is computed once for each.
    var computed = -1
    samples.withUnsafeBytes { source in
      for (y, vertical) in rows.enumerated() {
        for (place, weight) in zip(vertical.places, vertical.weights) {
          if place != computed {
            Self.sum(source, at: place * size.width * 3, columns, into: &row)
            computed = place
          }
          for i in 0..<rowCount { sums[y * rowCount + i] += row[i] * weight }
        }
      }
    }
    if rounds {
      for i in sums.indices { sums[i] = min(max(sums[i].rounded(.toNearestOrEven), 0), 255) }
    }
    return PixelNumbers(
      size: Extent(height: rows.count, width: columns.count), samples: sums)
  }

  private static func sum(
    _ source: UnsafeRawBufferPointer, at start: Int, _ columns: [WeightedPlaces],
    into row: inout [Float]
  ) {
    for (x, horizontal) in columns.enumerated() {
      var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
      for (place, weight) in zip(horizontal.places, horizontal.weights) {
        let pixel = start + 3 * place
        red += Float(source[pixel]) * weight
        green += Float(source[pixel + 1]) * weight
        blue += Float(source[pixel + 2]) * weight
      }
      (row[3 * x], row[3 * x + 1], row[3 * x + 2]) = (red, green, blue)
    }
  }
}
