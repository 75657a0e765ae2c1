internal import ModelGraph
internal import TensorCore

/// `Image.resize(size, NEAREST)` of Pillow: an affine transform whose position is summed from pixel
/// to pixel in float64, rounding included.
enum PillowNearest {
  static func resize(_ image: PixelBytes, to size: Extent) -> PixelNumbers {
    let columns = places(image.size.width, to: size.width)
    let rows = places(image.size.height, to: size.height)
    let samples = [Float](unsafeUninitializedCapacity: size.height * size.width * 3) {
      target, count in
      image.samples.withUnsafeBytes { source in
        for row in rows {
          for column in columns {
            let place = 3 * (row * image.size.width + column)
            for channel in 0..<3 {
              target.initializeElement(at: count, to: Float(source[place + channel]))
              count += 1
            }
          }
        }
      }
    }
    return PixelNumbers(size: size, samples: samples)
  }

  private static func places(_ extent: Int, to count: Int) -> [Int] {
    let step = Double(extent) / Double(count)
    var position = step * 0.5
    return (0..<count).map { _ in
      defer { position += step }
      return min(Int(position), extent - 1)
    }
  }
}

/// `Image.resize` of Pillow with a filter: along rows, then along columns, each sum in integers of 22
/// bits behind the point and rounded to a byte.
///
/// A new pixel is the mean of the old ones around its middle, weighted by a function of their
/// distance in new pixels where the image shrinks, in old ones where it grows.
struct PillowFilter: Sendable {
  /// The distance from which on weights are 0.
  let support: Double
  let weight: @Sendable (Double) -> Double

  /// `1 − |x|`
  static let triangle = PillowFilter(support: 1) { x in max(1 - abs(x), 0) }

  /// Keys' cubic with a = −0.5.
  static let cubic = PillowFilter(support: 2) { x in
    let (a, x) = (-0.5, abs(x))
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }

  private static let fractionBits: Int32 = 22

  /// The weights of one new pixel.
  private struct Taps {
    var start: Int
    var weights: [Int32]
  }

  private func taps(_ extent: Int, to count: Int) -> [Taps] {
    let scale = Double(extent) / Double(count)
    let stretch = max(scale, 1)
    let reach = support * stretch
    return (0..<count).map { index in
      let middle = (Double(index) + 0.5) * scale
      let start = max(Int(middle - reach + 0.5), 0)
      let end = min(Int(middle + reach + 0.5), extent)
      let inverse = 1 / stretch
      var weights = (0..<end - start).map { tap in
        weight((Double(tap + start) - middle + 0.5) * inverse)
      }
      let sum = weights.reduce(0, +)
      if sum != 0 { weights = weights.map { $0 / sum } }
      return Taps(
        start: start,
        weights: weights.map { weight in
          let scaled = weight * Double(1 << Self.fractionBits)
          return Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
        })
    }
  }

  func resize(_ image: PixelBytes, to size: Extent) -> PixelNumbers {
    var image = image
    // An axis that keeps its extent is not filtered.
    if image.size.width != size.width { image = resizeRows(of: image, to: size.width) }
    if image.size.height != size.height { image = resizeColumns(of: image, to: size.height) }
    return PixelNumbers(image)
  }

  private func resizeRows(of image: PixelBytes, to width: Int) -> PixelBytes {
    let (height, rowCount) = (image.size.height, image.size.width * 3)
    let taps = taps(image.size.width, to: width)
    let samples = Bytes(count: height * width * 3) { target in
      image.samples.withUnsafeBytes { source in
        var offset = 0
        for y in 0..<height {
          for tap in taps {
            var sums = SIMD4<Int32>(repeating: 1 << (Self.fractionBits - 1))
            var place = y * rowCount + tap.start * 3
            for weight in tap.weights {
              let pixel = SIMD4<Int32>(
                Int32(source[place]), Int32(source[place + 1]), Int32(source[place + 2]), 0)
              sums &+= pixel &* weight
              place += 3
            }
            for channel in 0..<3 { target[offset + channel] = Self.byte(sums[channel]) }
            offset += 3
          }
        }
      }
    }
    return PixelBytes(size: Extent(height: height, width: width), samples: samples)
  }

  private func resizeColumns(of image: PixelBytes, to height: Int) -> PixelBytes {
    let rowCount = image.size.width * 3
    let taps = taps(image.size.height, to: height)
    let samples = Bytes(count: height * rowCount) { target in
      image.samples.withUnsafeBytes { source in
        var sums = [Int32](repeating: 0, count: rowCount)
        for (y, tap) in taps.enumerated() {
          for i in 0..<rowCount { sums[i] = 1 << (Self.fractionBits - 1) }
          for (index, weight) in tap.weights.enumerated() {
            let row = (tap.start + index) * rowCount
            for i in 0..<rowCount { sums[i] &+= Int32(source[row + i]) &* weight }
          }
          for i in 0..<rowCount { target[y * rowCount + i] = Self.byte(sums[i]) }
        }
      }
    }
    return PixelBytes(
      size: Extent(height: height, width: image.size.width), samples: samples)
  }

  private static func byte(_ sum: Int32) -> UInt8 { UInt8(min(max(sum >> fractionBits, 0), 255)) }
}
