internal import ModelGraph
internal import Reference
internal import TensorCore

/// What the rounding of Winograd's convolution is measured by.
///
/// It errs where the tile of an output is not zero, also under a window that is. So in place of
/// `Σ|w||x|` stands `T = Σ_c max|x_c| over the tile · Σ|w_c|`, and `d` is the input channels. The
/// constant in front is that of the transforms: 1 for F(2×2), 8 for F(4×4).
enum WinogradMagnitude {
  /// `a · (T + |b|)` of each output.
  ///
  /// - Parameters:
  ///   - tile: outputs of a tile along each side, 2 or 4.
  ///   - x: `[batch, channels, height, width]`.
  ///   - output: the shape of the outputs.
  static func values(
    of layer: Layer.Convolution, tile: Int, _ x: OracleValue, output: Shape
  ) -> [Double] {
    let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    let outputs = output[1]
    let kernel = layer.kernel.doubles
    let taps = layer.kernel.shape.elementCount(from: 2)
    let weights = (0..<outputs * channels).map { pair in
      kernel[pair * taps..<(pair + 1) * taps].reduce(0) { $0 + abs($1) }
    }
    let biases = layer.bias?.doubles.map { abs($0) } ?? [Double](repeating: 0, count: outputs)
    let amplification = tile == 2 ? 1.0 : 8.0
    var result = [Double](repeating: 0, count: output.elementCount)
    var largest = [Double](repeating: 0, count: channels)
    for image in 0..<output[0] {
      for top in stride(from: 0, to: output[2], by: tile) {
        for left in stride(from: 0, to: output[3], by: tile) {
          let rows = range(top - layer.padding.top, tile + 2, height)
          let columns = range(left - layer.padding.left, tile + 2, width)
          for channel in 0..<channels {
            let plane = (image * channels + channel) * height
            largest[channel] = 0
            for row in rows {
              for column in columns {
                let size = abs(x.elements[(plane + row) * width + column])
                if size > largest[channel] || size.isNaN { largest[channel] = size }
              }
            }
          }
          for channel in 0..<outputs {
            var sum = biases[channel]
            for input in 0..<channels {
              sum += largest[input] * weights[channel * channels + input]
            }
            for row in top..<min(top + tile, output[2]) {
              for column in left..<min(left + tile, output[3]) {
                let place = ((image * outputs + channel) * output[2] + row) * output[3] + column
                result[place] = amplification * sum
              }
            }
          }
        }
      }
    }
    return result
  }

  private static func range(_ first: Int, _ count: Int, _ extent: Int) -> Range<Int> {
    let start = min(max(0, first), extent)
    return start..<max(start, min(first + count, extent))
  }
}
