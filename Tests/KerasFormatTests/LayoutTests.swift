import ModelGraph
import TensorCore
import Testing

@testable import KerasFormat

/// Kernels and matrices, element by element.
@Suite struct LayoutTests {
  private static func made(_ transforms: [Ledger.Transform], of tensor: Tensor) throws -> Tensor {
    try transforms.reduce(tensor) { try #require($1.applied(to: $0)) }
  }

  private static func ramp(_ shape: Shape) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { Float($0) })
  }

  @Test(arguments: [false, true])
  func `kernels with channels behind come out with channels in front`(_ flips: Bool) throws {
    let stored = Self.ramp([3, 2, 4, 5])
    let kernel = try Self.made(KerasLayout.kernel(stored.shape, .hwio, flips: flips), of: stored)
    #expect(kernel.shape == [5, 4, 3, 2])
    let (from, to) = (stored.doubles, kernel.doubles)
    for (o, i, h, w) in indices([5, 4, 3, 2]) {
      let (row, column) = flips ? (2 - h, 1 - w) : (h, w)
      #expect(to[((o * 4 + i) * 3 + h) * 2 + w] == from[((row * 2 + column) * 4 + i) * 5 + o])
    }
  }

  @Test func `old kernels of Theano are only turned`() throws {
    let stored = Self.ramp([5, 4, 3, 2])
    #expect(KerasLayout.kernel(stored.shape, .oihw, flips: false).isEmpty)
    let kernel = try Self.made(KerasLayout.kernel(stored.shape, .oihw, flips: true), of: stored)
    let (from, to) = (stored.doubles, kernel.doubles)
    for (o, i, h, w) in indices([5, 4, 3, 2]) {
      #expect(to[((o * 4 + i) * 3 + h) * 2 + w] == from[((o * 4 + i) * 3 + 2 - h) * 2 + 1 - w])
    }
  }

  @Test func `kernels of one element are not turned`() {
    #expect(KerasLayout.kernel([1, 1, 4, 5], .hwio, flips: true) == [.permute([3, 2, 0, 1])])
    #expect(KerasLayout.kernel([5, 4, 1, 1], .oihw, flips: true).isEmpty)
  }

  @Test func `kernels in depth keep the multiplier next to the channel`() throws {
    let stored = Self.ramp([3, 2, 4, 2])
    let kernel = try Self.made(KerasLayout.depthwiseKernel(stored.shape, flips: false), of: stored)
    #expect(kernel.shape == [8, 1, 3, 2])
    let (from, to) = (stored.doubles, kernel.doubles)
    for (c, m, h, w) in indices([4, 2, 3, 2]) {
      #expect(to[((c * 2 + m) * 3 + h) * 2 + w] == from[((h * 2 + w) * 4 + c) * 2 + m])
    }
  }

  @Test func `the rows of a matrix follow a flattened image`() throws {
    let stored = Self.ramp([3 * 2 * 4, 5])
    let matrix = try Self.made(KerasLayout.matrix(stored.shape, image: (3, 2, 4)), of: stored)
    #expect(matrix.shape == [5, 24])
    let (from, to) = (stored.doubles, matrix.doubles)
    for (o, c, h, w) in indices([5, 4, 3, 2]) {
      #expect(to[o * 24 + (c * 3 + h) * 2 + w] == from[((h * 2 + w) * 4 + c) * 5 + o])
    }
  }

  private func indices(_ extents: [Int]) -> [(Int, Int, Int, Int)] {
    (0..<extents.reduce(1, *)).map { index in
      let (c, d) = (extents[2], extents[3])
      return (index / (d * c * extents[1]), index / (d * c) % extents[1], index / d % c, index % d)
    }
  }
}
