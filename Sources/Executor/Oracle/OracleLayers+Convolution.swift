internal import Dispatch
internal import Kernels
internal import ModelGraph
internal import TensorCore

extension OracleLayers {
  /// `y[o, i, j] = b[o] + Σ x[c, i·s + k·d − p, j·s + l·d − p] · w[o, c, k, l]` over the channels
  /// of o's group; terms outside the image are zero.
  ///
  /// Each sum is added in the order of c, k, l, whoever adds it.
  static func convolution(
    _ layer: Layer.Convolution, _ x: OracleValue, _ shape: Shape
  ) -> OracleValue {
    let w = layer.kernel.doubles
    let bias = layer.bias?.doubles
    let windows = Windows(layer, from: x.shape, to: shape)
    let outputs = layer.kernel.shape[0] / layer.groups
    // A tile multiplies weights by the zeros of the padding, and computes four channels at once.
    let fitsTiles =
      outputs >= 4 && w.allSatisfy(\.isFinite)
      && bias?.contains { $0 == 0 && $0.sign == .minus } != true
    return fitsTiles
      ? tiles(w, bias, x, shape, windows, groups: layer.groups)
      : planes(w, bias, x, shape, windows, groups: layer.groups)
  }

  /// Plane after plane: what a convolution is.
  static func planes(
    _ w: [Double], _ bias: [Double]?, _ x: OracleValue, _ shape: Shape, _ windows: Windows,
    groups: Int
  ) -> OracleValue {
    let (outputs, depth) = (shape[1], x.shape[1] / groups)
    let (plane, taps) = (windows.input.count, windows.kernel.count)
    return make(shape, parts: shape[0] * outputs) { y, part in
      let (image, o) = part.quotientAndRemainder(dividingBy: outputs)
      let firstChannel = image * x.shape[1] + o / (outputs / groups) * depth
      y.initialize(repeating: bias?[o] ?? 0)
      x.elements.withUnsafeBufferPointer { x in
        w.withUnsafeBufferPointer { w in
          for c in 0..<depth {
            DoubleConvolution.addPlane(
              y, x.part(firstChannel + c, of: plane), weights: w.part(o * depth + c, of: taps),
              windows)
          }
        }
      }
    }
  }

  /// The same sums, with the same additions in the same order, for several channels and pixels at a
  /// time.
  static func tiles(
    _ w: [Double], _ bias: [Double]?, _ x: OracleValue, _ shape: Shape, _ windows: Windows,
    groups: Int
  ) -> OracleValue {
    let (outputs, channels) = (shape[1] / groups, x.shape[1] / groups)
    let pixels = Blocks(windows.output.count, of: DoubleConvolution.largestTile)
    // Where there are few tiles of pixels, threads share out the channels.
    let isSmall = shape[0] * groups * pixels.blockCount < 16
    let rows = Blocks(outputs, of: isSmall ? 64 : outputs)
    let depth = channels * windows.kernel.count
    return make(shape, tasks: shape[0] * groups * pixels.blockCount * rows.blockCount) { y, task in
      let pixelRange = pixels[task % pixels.blockCount]
      let rowRange = rows[task / pixels.blockCount % rows.blockCount]
      let part = task / pixels.blockCount / rows.blockCount  // image · groups + group
      let first = part % groups * outputs + rowRange.lowerBound
      let area = windows.output.count
      let start = (part * outputs + rowRange.lowerBound) * area
      let target = UnsafeMutableBufferPointer(rebasing: y[start..<start + rowRange.count * area])
      for row in 0..<rowRange.count {
        for pixel in pixelRange {
          target.initializeElement(at: row * area + pixel, to: bias?[first + row] ?? 0)
        }
      }
      x.elements.withUnsafeBufferPointer { x in
        w.withUnsafeBufferPointer { w in
          DoubleConvolution.addTile(
            target, pixelRange, x.part(part, of: channels * windows.input.count),
            weights: UnsafeBufferPointer(
              rebasing: w[first * depth..<(first + rowRange.count) * depth]), windows)
        }
      }
    }
  }

  /// A value that many tasks write at once, each its own elements, all together every one.
  private static func make(
    _ shape: Shape, tasks: Int,
    _ body: @Sendable (_ y: UnsafeMutableBufferPointer<Double>, _ task: Int) -> Void
  ) -> OracleValue {
    let elements = [Double](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
      count = shape.elementCount
      // SAFETY: no two tasks write one element.
      nonisolated(unsafe) let whole = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      DispatchQueue.concurrentPerform(iterations: tasks) { body(whole, $0) }
    }
    return OracleValue(shape: shape, elements: elements)
  }
}

extension UnsafeBufferPointer<Double> {
  /// The `index`th of equal parts of `size`.
  fileprivate func part(_ index: Int, of size: Int) -> UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(rebasing: self[index * size..<(index + 1) * size])
  }
}
