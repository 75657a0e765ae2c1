import TensorCore
import Testing

@Suite struct ShapeTests {
  @Test(arguments: [
    [-1], [Int.max, 2], [1 << 32, 1 << 32], [Int.max / 2, 3], [0, 1 << 62, 4], [1 << 62, 4, 0],
  ])
  func `extents that cannot be counted make no shape`(_ extents: [Int]) {
    #expect(Shape(checking: extents) == nil)
  }

  @Test(arguments: [
    ([], 1), ([0], 0), ([2, 3, 4], 24), ([5, 0, 7], 0), ([1 << 31, 1 << 31], 1 << 62),
  ])
  func `the elements are the product of the extents`(_ extents: [Int], _ count: Int) throws {
    #expect(try #require(Shape(checking: extents)).elementCount == count)
  }

  @Test func `a shape is split at an axis`() {
    let shape: Shape = [2, 3, 4, 5]
    #expect(shape.elementCount(before: 2) == 6)
    #expect(shape.elementCount(from: 2) == 20)
    #expect(shape.elementCount(from: 4) == 1)
    #expect(shape.replacing(1, by: 9) == [2, 9, 4, 5])
  }
}
