public import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension Oracle {
  /// Whether a layer only moves or selects elements, so that float32 computes it without rounding.
  public static func isExact(_ layer: Layer) -> Bool {
    switch layer {
    case .input, .concatenation, .slice, .crop, .flatten, .reshape, .permutation, .passThrough:
      true
    case .zeroPadding(let layer): Double(Float(layer.value)) == layer.value
    case .activation(.absolute): true
    case .activation(.clip(let minimum, let maximum)):
      Double(Float(minimum)) == minimum && Double(Float(maximum)) == maximum
    case .activation(.relu(let layer)):
      layer.negativeSlope == 0 && (layer.maximum.map { Double(Float($0)) == $0 } ?? true)
    case .pooling(let layer): layer.kind == .maximum
    case .globalPooling(let layer): layer.kind == .maximum
    case .elementwise(let layer): layer.operation.selects
    case .convolution, .batchNormalization, .scale, .bias, .activation, .prelu, .fullyConnected,
      .softmax, .localResponseNormalization:
      false
    }
  }

  /// The outputs of one layer for given inputs.
  ///
  /// - Throws: `NetworkError` where the inputs do not fit the layer.
  public static func evaluate(
    _ node: Node, _ inputs: [OracleValue]
  ) throws(NetworkError) -> [OracleValue] {
    let shapes = try node.outputShapes(for: inputs.map(\.shape))
    return OracleLayers.evaluate(node.layer, inputs, outputShapes: shapes)
  }

  /// What a rounding error of each output is measured against: `Σ |w| |x| + |b|` for a layer that
  /// sums products; for a function, its result times how strongly it answers to its argument.
  ///
  /// - Throws: `NetworkError` where the inputs do not fit the layer.
  public static func magnitudes(
    _ node: Node, _ inputs: [OracleValue]
  ) throws(NetworkError) -> [OracleValue] {
    let shapes = try node.outputShapes(for: inputs.map(\.shape))
    let sizes = inputs.map { mapped($0, abs) }
    func evaluate(_ layer: Layer, _ x: [OracleValue]) -> [OracleValue] {
      OracleLayers.evaluate(layer, x, outputShapes: shapes)
    }
    func amplified(_ factor: (_ x: Double, _ y: Double) -> Double) -> [OracleValue] {
      let y = evaluate(node.layer, inputs)[0]
      let elements = zip(y.elements, inputs[0].elements).map { abs($0) * factor($1, $0) }
      return [OracleValue(shape: y.shape, elements: elements)]
    }
    switch node.layer {
    case .convolution, .fullyConnected, .scale, .bias:
      return evaluate(node.layer.mapWeights { _, tensor in tensor.magnitude }, sizes)
    case .batchNormalization(var layer):
      // (|x| + |mean|) · |gamma| / sqrt(variance + ε) + |beta|
      let (mean, variance) = layer.statistics
      layer.mean = Tensor([mean.count], mean.map { -abs($0) })
      layer.variance = Tensor([variance.count], variance)
      layer.factor = nil
      layer.gamma = layer.gamma?.magnitude
      layer.beta = layer.beta?.magnitude
      return evaluate(.batchNormalization(layer), sizes)
    case .elementwise(let layer) where layer.operation == .sum:
      let sum = Layer.Elementwise(operation: .sum, coefficients: layer.coefficients.map(abs))
      return evaluate(.elementwise(sum), sizes)
    case .pooling(let layer) where layer.kind == .average: return evaluate(node.layer, sizes)
    case .globalPooling(let layer) where layer.kind == .average:
      return evaluate(node.layer, sizes)
    case .activation(let function):
      guard let factor = OracleLayers.amplification(function) else { break }
      return amplified(factor)
    case .softmax:
      let largest = sizes[0].elements.max() ?? 0
      // A logarithm near 0 is the difference of two large numbers.
      return amplified { _, y in 1 + 2 * largest * (y == 0 ? 1 : max(1, 1 / abs(y))) }
    case .localResponseNormalization(let layer): return amplified { _, _ in 2 + 2 * layer.beta }
    default: break
    }
    return evaluate(node.layer, inputs).map { mapped($0, abs) }
  }

  private static func mapped(_ x: OracleValue, _ function: (Double) -> Double) -> OracleValue {
    OracleValue(shape: x.shape, elements: x.elements.map(function))
  }
}

extension Tensor {
  /// The absolute values, in float64.
  fileprivate var magnitude: Tensor { Tensor(shape, doubles.map(abs)) }
}
