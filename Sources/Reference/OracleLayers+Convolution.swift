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
    let sums = PlaneSums(layer, from: x.shape, to: shape)
    let outputs = layer.kernel.shape[0] / layer.groups
    // A tile multiplies weights by the zeros of the padding, and computes four channels at once.
    let fitsTiles =
      outputs >= 4 && w.allSatisfy(\.isFinite)
      && bias?.contains { $0 == 0 && $0.sign == .minus } != true
    return fitsTiles
      ? tiles(w, bias, x, shape, sums, groups: layer.groups)
      : planes(w, bias, x, shape, sums, groups: layer.groups)
  }

  /// Plane after plane: what a convolution is.
  static func planes(
    _ w: [Double], _ bias: [Double]?, _ x: OracleValue, _ shape: Shape, _ sums: PlaneSums,
    groups: Int
  ) -> OracleValue {
    let (outputs, depth) = (shape[1], x.shape[1] / groups)
    let (plane, taps) = (sums.inputCount, sums.tapCount)
    return make(shape, parts: shape[0] * outputs) { y, part in
      let (image, o) = part.quotientAndRemainder(dividingBy: outputs)
      let firstChannel = image * x.shape[1] + o / (outputs / groups) * depth
      y.initialize(repeating: bias?[o] ?? 0)
      x.elements.withUnsafeBufferPointer { x in
        w.withUnsafeBufferPointer { w in
          for c in 0..<depth {
            sums.addPlane(
              y, x.part(firstChannel + c, of: plane), weights: w.part(o * depth + c, of: taps))
          }
        }
      }
    }
  }

  /// The same sums, with the same additions in the same order, for several channels and pixels at a
  /// time.
  static func tiles(
    _ w: [Double], _ bias: [Double]?, _ x: OracleValue, _ shape: Shape, _ sums: PlaneSums,
    groups: Int
  ) -> OracleValue {
    let (outputs, channels) = (shape[1] / groups, x.shape[1] / groups)
    let area = sums.outputCount
    let tileCount = (area + PlaneSums.largestTile - 1) / PlaneSums.largestTile
    // Where there are few tiles of pixels, threads share out the channels.
    let isSmall = shape[0] * groups * tileCount < 16
    let rowsPerTask = isSmall ? min(outputs, 64) : outputs
    let runCount = (outputs + rowsPerTask - 1) / rowsPerTask
    let depth = channels * sums.tapCount
    return make(shape, tasks: shape[0] * groups * tileCount * runCount) { y, task in
      let firstPixel = task % tileCount * PlaneSums.largestTile
      let pixels = firstPixel..<min(firstPixel + PlaneSums.largestTile, area)
      let firstRow = task / tileCount % runCount * rowsPerTask
      let rows = firstRow..<min(firstRow + rowsPerTask, outputs)
      let part = task / tileCount / runCount  // image · groups + group
      let first = part % groups * outputs + firstRow  // output channel
      let start = (part * outputs + firstRow) * area
      let target = UnsafeMutableBufferPointer(rebasing: y[start..<start + rows.count * area])
      for row in 0..<rows.count {
        for pixel in pixels {
          target.initializeElement(at: row * area + pixel, to: bias?[first + row] ?? 0)
        }
      }
      x.elements.withUnsafeBufferPointer { x in
        w.withUnsafeBufferPointer { w in
          sums.addTile(
            target, pixels, x.part(part, of: channels * sums.inputCount),
            weights: UnsafeBufferPointer(
              rebasing: w[first * depth..<(first + rows.count) * depth]))
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
      Threads.perform(tasks) { body(whole, $0) }
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
