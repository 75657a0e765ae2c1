import TensorCore
import Testing

/// How many elements are no finite numbers.
@Suite struct FinitenessTests {
  /// At the begin, the end and the edges of what is looked at together.
  @Test(arguments: [[Int](), [0], [15], [16], [4095, 4096], [4999], Array(0..<5000)])
  func `are counted wherever they are`(_ places: [Int]) {
    var floats = (0..<5000).map { Float($0 % 2 == 0 ? $0 : -$0) * 1e30 }
    floats[1] = .greatestFiniteMagnitude
    floats[2] = -.leastNonzeroMagnitude
    for (index, place) in places.enumerated() {
      floats[place] = [.nan, .infinity, -.infinity, .signalingNaN][index % 4]
    }
    let tensor = Tensor([5000], floats)
    #expect(tensor.nonFiniteCount == places.count)
    #expect(Tensor([5000], floats.map { Double($0) }).nonFiniteCount == places.count)
    let moved = Tensor(deferred: [50, 100], sameNumbersAs: tensor) { fatalError("made") }
    #expect(moved?.nonFiniteCount == places.count)
  }

  @Test(arguments: [
    (ElementType.float16, [0x7c00, 0xfc01, 0x7bff, 0x8000, 0x03ff] as [UInt16]),
    (.bfloat16, [0x7f80, 0xffff, 0x7f7f, 0x8000, 0x007f]),
  ])
  func `are counted in short types`(_ type: ElementType, _ bits: [UInt16]) throws {
    let bytes = bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let tensor = try #require(Tensor(shape: [5], elementType: type, bytes: Bytes(bytes)))
    #expect(tensor.nonFiniteCount == 2)
  }

  @Test func `one number under a large shape is not made`() {
    let shape: Shape = [1 << 20, 1 << 10]
    func repeated(_ number: Float) -> Tensor? {
      Tensor(deferred: shape, sameNumbersAs: Tensor([1], [number])) { fatalError("made") }
    }
    #expect(repeated(1)?.nonFiniteCount == 0)
    #expect(repeated(.nan)?.nonFiniteCount == 1 << 30)
  }
}
