internal import Kernels
public import ModelGraph
internal import Runtime
internal import TensorCore

/// The product of two square matrices by OpenBLAS on one thread: what the machine gives today.
public struct MatrixProductBenchmark: Sendable {
  /// The rows and columns of each matrix.
  public let side: Int
  private let product: MatrixProduct
  private let left: Tensor
  private let right: Tensor

  /// A benchmark of matrices of `side` × `side`.
  ///
  /// - Throws: `NetworkError` where the system gives no memory, or has no OpenBLAS.
  public init(side: Int = 1024) throws(NetworkError) {
    precondition(side > 0, "a matrix of \(side) rows")
    self.side = side
    do { product = try MatrixProduct() } catch { throw NetworkError(error) }
    // Numbers of 0.5…1.5: none is subnormal, no sum overflows.
    func matrix(_ factor: Int) -> Tensor {
      Tensor([side, side]) { elements in
        for i in elements.indices { elements[i] = 0.5 + Float(i &* factor % 1009) / 1009 }
      }
    }
    left = matrix(7)
    right = matrix(13)
  }

  /// Multiply-accumulates of one product.
  public var multiplyAccumulates: Int { side * side * side }

  /// How long one product takes on the calling thread.
  public func measure() -> Duration {
    var result = [Float](repeating: 0, count: side * side)
    return left.withFloats { left in
      right.withFloats { right in
        result.withUnsafeMutableBufferPointer { result in
          let output = MutableMatrix(result, rows: side, columns: side)
          return ContinuousClock().measure {
            product.multiply(
              Matrix(left, rows: side, columns: side), Matrix(right, rows: side, columns: side),
              into: output)
          }
        }
      }
    }
  }
}
