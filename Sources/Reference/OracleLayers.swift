internal import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The formula of every layer, in float64.
enum OracleLayers {
  /// The outputs of a layer.
  ///
  /// - Parameters:
  ///   - x: the inputs, of shapes the layer accepts.
  ///   - outputShapes: what shape inference says of the outputs.
  static func evaluate(
    _ layer: Layer, _ x: [OracleValue], outputShapes: [Shape]
  ) -> [OracleValue] {
    let shape = outputShapes[0]
    switch layer {
    case .input: preconditionFailure("an input has no formula")
    case .convolution(let layer): return [convolution(layer, x[0], shape)]
    case .fullyConnected(let layer): return [fullyConnected(layer, x[0], shape)]
    case .batchNormalization(let layer): return [batchNormalization(layer, x[0])]
    case .scale(let layer):
      let factor = layer.scale.map(constant) ?? x[1]
      let scaled = broadcast(x[0], factor, axis: layer.axis, *)
      return [layer.bias.map { broadcast(scaled, constant($0), axis: layer.axis, +) } ?? scaled]
    case .bias(let layer):
      return [broadcast(x[0], layer.bias.map(constant) ?? x[1], axis: layer.axis, +)]
    case .activation(let function): return [activation(function, x[0])]
    case .prelu(let layer):
      let slope = constant(layer.slope)
      return [broadcast(x[0], slope, axis: 1) { $0 > 0 ? $0 : $0 * $1 }]
    case .pooling(let layer): return [pooling(layer, x[0], shape)]
    case .globalPooling(let layer): return [globalPooling(layer, x[0], shape)]
    case .elementwise(let layer): return [elementwise(layer, x, shape)]
    case .concatenation(let layer): return [concatenation(layer, x, shape)]
    case .slice(let layer): return slice(layer, x[0], outputShapes)
    case .crop(let layer): return [crop(layer, x[0], shape)]
    case .zeroPadding(let layer): return [zeroPadding(layer, x[0], shape)]
    case .softmax(let layer): return [softmax(layer, x[0])]
    case .localResponseNormalization(let layer):
      switch layer.region {
      case .acrossChannels: return [normalizationAcrossChannels(layer, x[0])]
      case .withinChannel: return [normalizationWithinChannel(layer, x[0])]
      }
    case .flatten, .reshape: return [OracleValue(shape: shape, elements: x[0].elements)]
    case .permutation(let layer): return [permutation(layer, x[0], shape)]
    case .passThrough: return [x[0]]
    }
  }

  private static func constant(_ tensor: Tensor) -> OracleValue {
    OracleValue(shape: tensor.shape, elements: tensor.doubles)
  }

  // Inlined with its function: there are a hundred million elements.
  @inline(__always)
  static func map(_ x: OracleValue, _ function: @Sendable (Double) -> Double) -> OracleValue {
    make(x.shape, partSize: block) { y, first in
      x.elements.withUnsafeBufferPointer { x in
        for i in y.indices { y.initializeElement(at: i, to: function(x[first + i])) }
      }
    }
  }

  /// `y[i] = operation(x[i], operand[…])`, the operand lined up with the axes from `axis` on.
  @inline(__always)
  private static func broadcast(
    _ x: OracleValue, _ operand: OracleValue, axis: Int,
    _ operation: @Sendable (Double, Double) -> Double
  ) -> OracleValue {
    let count = operand.elements.count
    guard count > 1 else {
      return map(x) { operation($0, operand.elements[0]) }
    }
    let inner = x.shape.elementCount(from: axis + operand.shape.rank)
    return make(rowsOf: x, size: inner) { y, x, row in
      let other = operand.elements[row % count]
      for i in y.indices { y.initializeElement(at: i, to: operation(x[i], other)) }
    }
  }

  /// `y = (x − mean/factor) / sqrt(variance/factor + ε) · gamma + beta`.
  private static func batchNormalization(
    _ layer: Layer.BatchNormalization, _ x: OracleValue
  ) -> OracleValue {
    let (mean, variance) = layer.statistics
    let gamma = layer.gamma?.doubles
    let beta = layer.beta?.doubles
    let channels = x.shape[1]
    return make(rowsOf: x, size: x.shape.elementCount(from: 2)) { y, x, row in
      let c = row % channels
      let deviation = (variance[c] + layer.epsilon).squareRoot()
      let (factor, offset) = (gamma?[c] ?? 1, beta?[c] ?? 0)
      for i in y.indices {
        y.initializeElement(at: i, to: (x[i] - mean[c]) / deviation * factor + offset)
      }
    }
  }

  /// `Σ c[k] x[k]`, `Π x[k]`, `max x[k]` or `min x[k]`.
  private static func elementwise(
    _ layer: Layer.Elementwise, _ x: [OracleValue], _ shape: Shape
  ) -> OracleValue {
    let x = x.map { broadcast($0, to: shape) }
    return make(shape, partSize: block) { y, first in
      switch layer.operation {
      case .sum: y.initialize(repeating: 0)
      case .product: y.initialize(repeating: 1)
      case .maximum, .minimum: _ = y.initialize(from: x[0].elements[first..<first + y.count])
      }
      for (k, operand) in x.enumerated() {
        let coefficient = layer.coefficients.isEmpty ? 1 : layer.coefficients[k]
        operand.elements.withUnsafeBufferPointer { x in
          switch layer.operation {
          case .sum: for i in y.indices { y[i] += coefficient * x[first + i] }
          case .product: for i in y.indices { y[i] *= x[first + i] }
          case .maximum: for i in y.indices { y[i] = larger(y[i], x[first + i]) }
          case .minimum: for i in y.indices { y[i] = -larger(-y[i], -x[first + i]) }
          }
        }
      }
    }
  }

  /// The maximum of two numbers; a NaN wins, so that it is seen at the end.
  static func larger(_ best: Double, _ x: Double) -> Double { x > best || x.isNaN ? x : best }

  /// `y = exp(x − max) / Σ exp(x − max)` along the axis, or its logarithm.
  private static func softmax(_ layer: Layer.Softmax, _ x: OracleValue) -> OracleValue {
    let count = x.shape[layer.axis]
    let inner = x.shape.elementCount(from: layer.axis + 1)
    var y = x.elements
    for outer in 0..<x.shape.elementCount(before: layer.axis) {
      for j in 0..<inner {
        let indices = (0..<count).map { (outer * count + $0) * inner + j }
        let largest = indices.reduce(-Double.infinity) { max($0, x.elements[$1]) }
        for index in indices { y[index] = exp(x.elements[index] - largest) }
        let sum = indices.reduce(0) { $0 + y[$1] }
        for index in indices {
          y[index] = layer.isLogarithmic ? x.elements[index] - largest - log(sum) : y[index] / sum
        }
      }
    }
    return OracleValue(shape: x.shape, elements: y)
  }

  /// How many elements are worth a task.
  private static let block = 1 << 14

  /// A value of the shape of `x` whose rows `body` writes, each from that of `x`.
  private static func make(
    rowsOf x: OracleValue, size: Int,
    _ body:
      @Sendable (
        _ y: UnsafeMutableBufferPointer<Double>, _ x: UnsafeBufferPointer<Double>, _ row: Int
      ) -> Void
  ) -> OracleValue {
    guard size > 0 else { return x }
    return make(x.shape, partSize: size * max(block / size, 1)) { y, first in
      x.elements.withUnsafeBufferPointer { x in
        for start in stride(from: 0, to: y.count, by: size) {
          body(
            UnsafeMutableBufferPointer(rebasing: y[start..<start + size]),
            UnsafeBufferPointer(rebasing: x[first + start..<first + start + size]),
            (first + start) / size)
        }
      }
    }
  }

  /// A value whose elements `body` computes one by one, many at once.
  static func make(
    _ shape: Shape, _ body: @Sendable (_ index: Int) -> Double
  ) -> OracleValue {
    make(shape, partSize: block) { y, first in
      for index in y.indices { y.initializeElement(at: index, to: body(first + index)) }
    }
  }

  /// A value whose equal parts `body` writes, several at once: `parts` divides the elements.
  ///
  /// - Parameter body: initializes all elements of a part, given its number.
  static func make(
    _ shape: Shape, parts: Int,
    _ body: @Sendable (UnsafeMutableBufferPointer<Double>, _ part: Int) -> Void
  ) -> OracleValue {
    let size = max(shape.elementCount / max(parts, 1), 1)
    return make(shape, partSize: size) { y, first in body(y, first / size) }
  }

  private static func make(
    _ shape: Shape, partSize: Int,
    _ body: @Sendable (UnsafeMutableBufferPointer<Double>, _ first: Int) -> Void
  ) -> OracleValue {
    let elements = [Double](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
      count = shape.elementCount
      // SAFETY: the parts do not overlap, and each is written by one thread only.
      nonisolated(unsafe) let whole = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      let parts = (count + partSize - 1) / partSize
      Threads.perform(parts) { part in
        let first = part * partSize
        let end = min(first + partSize, whole.count)
        body(UnsafeMutableBufferPointer(rebasing: whole[first..<end]), first)
      }
    }
    return OracleValue(shape: shape, elements: elements)
  }
}
