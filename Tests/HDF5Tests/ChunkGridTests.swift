import TensorCore
import Testing

@testable import HDF5

/// Chunks cover a dataset; what lies beyond its edges is left out.
@Suite struct ChunkGridTests {
  @Test(
    arguments: [
      ([7], [3]), ([4, 4], [2, 2]), ([5, 3], [2, 8]), ([2, 3, 4, 5], [2, 2, 3, 2]), ([1], [1]),
    ] as [([Int], [Int])])
  func `each element comes to its place`(extents: [Int], chunk: [Int]) throws {
    let shape = Shape(extents)
    let grid = try #require(ChunkGrid(shape: shape, chunkShape: chunk, width: 1))
    var elements = [UInt8](repeating: 0xff, count: shape.elementCount)
    grid.forEachOrigin { origin in
      // Each element is its own number in the dataset; those outside are 0xee.
      let content = (0..<grid.chunkByteCount).map { number in
        var (rest, inside, index) = (number, true, 0)
        var parts: [Int] = []
        for axis in chunk.indices.reversed() {
          parts.insert(rest % chunk[axis] + origin[axis], at: 0)
          rest /= chunk[axis]
        }
        for axis in chunk.indices {
          inside = inside && parts[axis] < extents[axis]
          index = index * extents[axis] + parts[axis]
        }
        return inside ? UInt8(index) : 0xee
      }
      elements.withUnsafeMutableBytes { grid.place(content, at: origin, in: $0) }
    }
    #expect(elements == (0..<shape.elementCount).map { UInt8($0) })
  }

  @Test(
    arguments: [
      ([4], []), ([4], [0]), ([4], [2, 2]), ([4], [-1]), ([4], [1 << 40]), ([4], [(16 << 20) + 1]),
      ([4, 4], [1 << 32, 1 << 32]), ([], []),
    ] as [([Int], [Int])])
  func `chunks of no extent or beyond the limit make no grid`(extents: [Int], chunk: [Int]) {
    #expect(ChunkGrid(shape: Shape(extents), chunkShape: chunk, width: 4) == nil)
  }
}
