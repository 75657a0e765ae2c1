internal import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension OracleLayers {
  /// `y[o] = b[o] + Σ x[i] · w[o, i]`.
  static func fullyConnected(
    _ layer: Layer.FullyConnected, _ x: OracleValue, _ shape: Shape
  ) -> OracleValue {
    let w = layer.kernel.doubles
    let bias = layer.bias?.doubles
    let (outputs, inputs) = (layer.kernel.shape[0], layer.kernel.shape[1])
    return make(shape) { index in
      let (row, o) = index.quotientAndRemainder(dividingBy: outputs)
      var sum = bias?[o] ?? 0
      for i in 0..<inputs { sum += x.elements[row * inputs + i] * w[o * inputs + i] }
      return sum
    }
  }

  /// Maximum or average of the window at `(i·s − p, j·s − p)`, cut to the image; an average divides
  /// by the elements of the window in the padded image or in the image.
  static func pooling(_ layer: Layer.Pooling, _ x: OracleValue, _ shape: Shape) -> OracleValue {
    let (height, width) = (x.shape[2], x.shape[3])
    let (rows, columns) = (shape[2], shape[3])
    let (kernel, stride, dilation) = (layer.kernel, layer.stride, layer.dilation)
    return make(shape) { index in
      let plane = index / (rows * columns)
      let vertical = WindowTaps(
        at: index / columns % rows * stride.height - layer.padding.top, count: kernel.height,
        step: dilation.height, extent: height, after: layer.padding.bottom)
      let horizontal = WindowTaps(
        at: index % columns * stride.width - layer.padding.left, count: kernel.width,
        step: dilation.width, extent: width, after: layer.padding.right)
      var sum = 0.0
      var largest = -Double.infinity
      for row in vertical.inside {
        for column in horizontal.inside {
          let element = x.elements[(plane * height + row) * width + column]
          sum += element
          largest = larger(largest, element)
        }
      }
      switch (layer.kind, layer.divisor) {
      case (.maximum, _): return largest
      case (.average, .paddedWindow):
        return sum / Double(vertical.paddedCount * horizontal.paddedCount)
      case (.average, .imageWindow):
        return sum
          / Double(vertical.inside.underestimatedCount * horizontal.inside.underestimatedCount)
      }
    }
  }

  /// The elements of a window along one axis.
  private struct WindowTaps {
    /// Those in the image.
    let inside: StrideTo<Int>
    /// How many are in the image or in its padding.
    let paddedCount: Int

    init(at start: Int, count: Int, step: Int, extent: Int, after: Int) {
      let end = start + (count - 1) * step + 1
      let skipped = start < 0 ? (-start + step - 1) / step : 0
      inside = stride(from: start + skipped * step, to: min(end, extent), by: step)
      paddedCount = (min(end, extent + after) - start + step - 1) / step
    }
  }

  /// Maximum or average of each channel.
  static func globalPooling(
    _ layer: Layer.GlobalPooling, _ x: OracleValue, _ shape: Shape
  ) -> OracleValue {
    let plane = x.shape.elementCount(from: 2)
    return make(shape) { index in
      let elements = x.elements[index * plane..<(index + 1) * plane]
      switch layer.kind {
      case .maximum: return elements.reduce(-Double.infinity, larger)
      case .average: return elements.reduce(0, +) / Double(plane)
      }
    }
  }

  /// `y[c] = x[c] / (k + α/n · Σ x[c']²)^β` over the n channels around c.
  static func normalizationAcrossChannels(
    _ layer: Layer.LocalResponseNormalization, _ x: OracleValue
  ) -> OracleValue {
    let (channels, plane) = (x.shape[1], x.shape.elementCount(from: 2))
    return make(x.shape) { index in
      let (image, c) = (index / plane / channels, index / plane % channels)
      let around = max(c - layer.size / 2, 0)..<min(c + layer.size / 2 + 1, channels)
      let energy = around.reduce(0.0) { sum, other in
        let element = x.elements[(image * channels + other) * plane + index % plane]
        return sum + element * element
      }
      let scale = layer.k + layer.alpha / Double(layer.size) * energy
      return x.elements[index] * pow(scale, -layer.beta)
    }
  }

  /// `y = x / (1 + α/n · Σ x²)^β` over the window around each pixel, n its pixels in the padded
  /// image: the average pooling of the squares.
  static func normalizationWithinChannel(
    _ layer: Layer.LocalResponseNormalization, _ x: OracleValue
  ) -> OracleValue {
    let squares = OracleValue(shape: x.shape, elements: x.elements.map { $0 * $0 })
    let window = Layer.Pooling(
      kind: .average, kernel: Extent(layer.size), stride: Extent(1),
      padding: Padding(vertical: layer.size / 2, horizontal: layer.size / 2))
    let energy = pooling(window, squares, x.shape)
    return make(x.shape) { index in
      x.elements[index] * pow(1 + layer.alpha * energy.elements[index], -layer.beta)
    }
  }
}
