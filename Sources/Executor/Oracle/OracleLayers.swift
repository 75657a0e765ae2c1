internal import Dispatch
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
    case .relu(let layer):
      let maximum = layer.maximum ?? .infinity
      return [map(x[0]) { min($0 > 0 ? $0 : $0 * layer.negativeSlope, maximum) }]
    case .prelu(let layer):
      let slope = constant(layer.slope)
      return [broadcast(x[0], slope, axis: 1) { $0 > 0 ? $0 : $0 * $1 }]
    case .elu(let layer): return [map(x[0]) { $0 > 0 ? $0 : layer.alpha * expm1($0) }]
    case .sigmoid: return [map(x[0]) { 1 / (1 + exp(-$0)) }]
    case .tanh: return [map(x[0], tanh)]
    case .power(let layer): return [power(layer, x[0])]
    case .pooling(let layer): return [pooling(layer, x[0], shape)]
    case .globalPooling(let layer): return [globalPooling(layer, x[0], shape)]
    case .elementwise(let layer): return [elementwise(layer, x)]
    case .concatenation(let layer): return [concatenation(layer, x, shape)]
    case .slice(let layer): return slice(layer, x[0], outputShapes)
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

  private static func map(_ x: OracleValue, _ function: @Sendable (Double) -> Double) -> OracleValue
  {
    make(x.shape) { function(x.elements[$0]) }
  }

  /// `y[i] = operation(x[i], operand[…])`, the operand lined up with the axes from `axis` on.
  private static func broadcast(
    _ x: OracleValue, _ operand: OracleValue, axis: Int,
    _ operation: @Sendable (Double, Double) -> Double
  ) -> OracleValue {
    let count = operand.elements.count
    guard count > 1 else {
      return map(x) { operation($0, operand.elements[0]) }
    }
    let inner = x.shape.elementCount(from: axis + operand.shape.rank)
    return make(x.shape) { index in
      operation(x.elements[index], operand.elements[index / inner % count])
    }
  }

  /// `y = (x − mean/factor) / sqrt(variance/factor + ε) · gamma + beta`.
  private static func batchNormalization(
    _ layer: Layer.BatchNormalization, _ x: OracleValue
  ) -> OracleValue {
    let (mean, variance) = layer.statistics
    let gamma = layer.gamma?.doubles
    let beta = layer.beta?.doubles
    let plane = x.shape.elementCount(from: 2)
    return make(x.shape) { index in
      let c = index / plane % x.shape[1]
      let normalized = (x.elements[index] - mean[c]) / (variance[c] + layer.epsilon).squareRoot()
      return normalized * (gamma?[c] ?? 1) + (beta?[c] ?? 0)
    }
  }

  /// `y = (shift + scale · x) ^ power`; the power 1 is exact.
  private static func power(_ layer: Layer.Power, _ x: OracleValue) -> OracleValue {
    map(x) {
      let base = layer.shift + layer.scale * $0
      return layer.power == 1 ? base : pow(base, layer.power)
    }
  }

  /// `Σ c[k] x[k]`, `Π x[k]` or `max x[k]`.
  private static func elementwise(_ layer: Layer.Elementwise, _ x: [OracleValue]) -> OracleValue {
    make(x[0].shape) { index in
      switch layer.operation {
      case .sum:
        x.indices.reduce(0) { sum, k in
          sum + (layer.coefficients.isEmpty ? 1 : layer.coefficients[k]) * x[k].elements[index]
        }
      case .product: x.reduce(1) { $0 * $1.elements[index] }
      case .maximum: x.dropFirst().reduce(x[0].elements[index]) { larger($0, $1.elements[index]) }
      }
    }
  }

  /// The maximum of two numbers; a NaN wins, so that it is seen at the end.
  static func larger(_ best: Double, _ x: Double) -> Double { x > best || x.isNaN ? x : best }

  /// `y = exp(x − max) / Σ exp(x − max)` along the axis.
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
        for index in indices { y[index] /= sum }
      }
    }
    return OracleValue(shape: x.shape, elements: y)
  }

  /// A value whose elements `body` computes one by one, many at once.
  static func make(
    _ shape: Shape, _ body: @Sendable (_ index: Int) -> Double
  ) -> OracleValue {
    make(shape, partSize: 1 << 14) { y, first in
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
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        let first = part * partSize
        let end = min(first + partSize, whole.count)
        body(UnsafeMutableBufferPointer(rebasing: whole[first..<end]), first)
      }
    }
    return OracleValue(shape: shape, elements: elements)
  }
}
