import TensorCore
import Testing

@Suite struct PermutingTests {
  @Test(arguments: ElementType.allCases)
  func `a transposed matrix has its rows as columns`(_ type: ElementType) throws {
    let matrix = try numbered([2, 3], type)
    let transposed = matrix.permuted([1, 0])
    #expect(transposed.shape == [3, 2])
    #expect(transposed.elementType == type)
    #expect(elements(transposed) == [0, 3, 1, 4, 2, 5].map { element($0, type) })
  }

  @Test(arguments: [
    [0, 1, 2, 3], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1],
  ])
  func `every element is found under its permuted index`(_ axes: [Int]) throws {
    let extents = [2, 3, 4, 5]
    let permuted = try numbered(Shape(extents), .float32).permuted(axes)
    #expect(permuted.shape.dimensions == axes.map { extents[$0] })
    for (position, found) in elements(permuted).enumerated() {
      var (rest, index) = (position, [0, 0, 0, 0])
      for axis in axes.reversed() {
        index[axis] = rest % extents[axis]
        rest /= extents[axis]
      }
      let source = zip(index, extents).reduce(0) { $0 * $1.1 + $1.0 }
      #expect(found == element(source, .float32))
    }
  }

  @Test(arguments: [[2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1], [1, 0, 2]])
  func `tensors of many tiles and a rest are permuted whole`(_ axes: [Int]) throws {
    let extents = [3, 37, 530]
    let numbered = Tensor(Shape(extents), (0..<3 * 37 * 530).map(Float.init))
    let steps = [37 * 530, 530, 1]
    var expected: [Float] = []
    for i in 0..<extents[axes[0]] {
      for j in 0..<extents[axes[1]] {
        for k in 0..<extents[axes[2]] {
          expected.append(Float(i * steps[axes[0]] + j * steps[axes[1]] + k * steps[axes[2]]))
        }
      }
    }
    #expect(numbered.permuted(axes).floats == expected)
  }

  @Test func `a tensor without elements and a scalar keep what they hold`() throws {
    #expect(try numbered([0, 3], .float64).permuted([1, 0]).shape == [3, 0])
    let scalar = try numbered([], .float64)
    #expect(scalar.permuted([]).isBitEqual(to: scalar))
  }

  /// Elements that count upwards at an odd address, no two bytes of one alike.
  private func numbered(_ shape: Shape, _ type: ElementType) throws -> Tensor {
    let content = (0..<shape.elementCount).flatMap { element($0, type) }
    let bytes = try #require(Bytes([0xff] + content).slice(from: 1, count: content.count))
    return try #require(Tensor(shape: shape, elementType: type, bytes: bytes))
  }

  private func element(_ number: Int, _ type: ElementType) -> [UInt8] {
    [UInt8(number)] + (1..<type.byteCount).map { UInt8(200 + $0) }
  }

  private func elements(_ tensor: Tensor) -> [[UInt8]] {
    let (width, content) = (tensor.elementType.byteCount, tensor.elements.made().array)
    return stride(from: 0, to: content.count, by: width).map { Array(content[$0..<$0 + width]) }
  }
}
