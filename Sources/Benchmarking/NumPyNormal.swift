#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
public import TensorCore

/// `numpy.random.default_rng(seed).standard_normal()`, number by number.
///
/// The ziggurat of Marsaglia and Tsang (2000): the area under `f(x) = exp(−x² / 2)`, x ≥ 0, is cut
/// into 256 layers of one size. A layer is chosen, and a point of it on the x axis; nearly always
/// that is under the curve whatever its height.
public struct NumPyNormal: Sendable {
  private var generator: PCG64

  /// The numbers of a seed.
  public init(seed: UInt32) { generator = PCG64(seed: seed) }

  /// The next number.
  public mutating func next() -> Double {
    while true {
      let bits = generator.next()
      let layer = Int(bits & 0xff)
      let isNegative = bits >> 8 & 1 == 1
      let fraction = bits >> 9 & (1 << 52 - 1)
      let magnitude = Double(fraction) * Ziggurat.widths[layer]
      let x = isNegative ? -magnitude : magnitude
      if fraction < Ziggurat.limits[layer] { return x }
      if layer == 0 { return tail(isNegative: fraction >> 8 & 1 == 1) }
      let (low, high) = (Ziggurat.heights[layer], Ziggurat.heights[layer - 1])
      if (high - low) * generator.nextDouble() + low < exp(-0.5 * x * x) { return x }
    }
  }

  /// A number beyond the last layer, by Marsaglia's method.
  private mutating func tail(isNegative: Bool) -> Double {
    while true {
      let x = -1 / Ziggurat.tail * log1p(-generator.nextDouble())
      let y = -log1p(-generator.nextDouble())
      if y + y > x * x { return isNegative ? -(Ziggurat.tail + x) : Ziggurat.tail + x }
    }
  }

  /// A tensor of float32, filled in row-major order: `standard_normal(shape).astype(float32)`.
  public static func tensor(_ shape: Shape, seed: UInt32) -> Tensor {
    var normal = NumPyNormal(seed: seed)
    return Tensor(shape) { elements in
      for index in elements.indices { elements[index] = Float(normal.next()) }
    }
  }
}

/// The layers, counted from the top: 0 stands for the lowest with the tail, 255 is the one above it.
enum Ziggurat {
  /// Where the tail begins.
  static let tail = 3.654152885361008796
  /// The area of a layer.
  private static let area = 0.0049286732339746519

  /// The right end of each layer; `edges[i]² = −2 · ln(f(edges[i + 1]) + area / edges[i + 1])`.
  private static let edges: [Double] = {
    var edges = [Double](repeating: 0, count: 256)
    edges[255] = tail
    var height = exp(-0.5 * tail * tail)
    for layer in (1..<255).reversed() {
      edges[layer] = (-2 * log(height + area / edges[layer + 1])).squareRoot()
      height = curve(at: edges[layer], layer)
    }
    return edges
  }()

  /// `f(x)`. In the table of NumPy one value is not the nearest number but the one above it.
  private static func curve(at x: Double, _ layer: Int) -> Double {
    let height = exp(-0.5 * x * x)
    return layer == 38 ? height.nextUp : height
  }

  /// The height of the curve at each right end.
  static let heights = edges.enumerated().map { curve(at: $1, $0) }

  /// The width of a layer for each unit of 52 bits.
  static let widths = edges.enumerated().map { layer, edge in
    (layer == 0 ? area / heights[255] : edge) * 0x1p-52
  }

  /// Below which fraction of a layer, in units of 52 bits, all of it is under the curve.
  static let limits = edges.indices.map { layer in
    let part = layer == 0 ? tail * heights[255] / area : edges[layer - 1] / edges[layer]
    return UInt64((part * 0x1p52).rounded(.toNearestOrEven))
  }
}
