import Synchronization
import Testing

@testable import TensorCore

@Suite struct DeferredElementsTests {
  /// How often a tensor was made.
  private final class Count: Sendable {
    private let calls = Mutex(0)
    var value: Int { calls.withLock { $0 } }
    func add() { calls.withLock { $0 += 1 } }
  }

  /// A use of a tensor that looks at its elements.
  struct Accessor: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var use: @Sendable (Tensor) -> Void
  }

  static let accessors: [Accessor] = [
    .init(testDescription: "floats") { _ = $0.floats },
    .init(testDescription: "doubles") { _ = $0.doubles },
    .init(testDescription: "withFloats") { tensor in tensor.withFloats { _ = $0.first } },
    .init(testDescription: "floatBytes") { _ = $0.floatBytes() },
    .init(testDescription: "forEachElement") { tensor in tensor.forEachElement { _, _ in } },
    .init(testDescription: "isBitEqual") { _ = $0.isBitEqual(to: stored($0.elementType)) },
    .init(testDescription: "permuted") { _ = $0.permuted([1, 0]) },
    .init(testDescription: "description") { _ = $0.description },
    .init(testDescription: "made") { _ = $0.elements.made() },
  ]

  /// Two rows of numbers.
  private static func stored(_ type: ElementType) -> Tensor {
    let bytes = Bytes((0..<6 * type.byteCount).map { UInt8($0) })
    return Tensor(shape: [2, 3], elementType: type, bytes: bytes)!
  }

  private static func deferred(_ type: ElementType, _ count: Count = Count()) throws -> Tensor {
    try #require(
      Tensor(deferred: [2, 3], elementType: type) {
        count.add()
        return stored(type)
      })
  }

  @Test(arguments: accessors, ElementType.allCases)
  func `each accessor makes a deferred tensor once`(accessor: Accessor, type: ElementType) throws {
    let count = Count()
    let tensor = try Self.deferred(type, count)
    accessor.use(tensor)
    #expect(count.value == 1)
    accessor.use(tensor)
    #expect(count.value == 2)
  }

  @Test(arguments: ElementType.allCases)
  func `a deferred tensor has the elements that are made`(type: ElementType) throws {
    let (tensor, expected) = (try Self.deferred(type), Self.stored(type))
    #expect(tensor.isBitEqual(to: expected))
    #expect(tensor.elements.made() == expected.storedBytes)
    #expect(tensor.floats == expected.floats && tensor.doubles == expected.doubles)
    #expect(tensor.withFloats { Array($0) } == expected.floats)
    #expect(tensor.permuted([1, 0]).isBitEqual(to: expected.permuted([1, 0])))
    #expect(tensor.byteCount == expected.byteCount)
  }

  @Test func `what does not look at elements makes none`() throws {
    let count = Count()
    let tensor = try Self.deferred(.float32, count)
    #expect(tensor.byteCount == 24 && !tensor.isAbsent && tensor.storedBytes == nil)
    #expect(tensor.isBitEqual(to: tensor.reshaped(to: [6]).reshaped(to: [2, 3])))
    #expect(!tensor.isBitEqual(to: tensor.reshaped(to: [6])))
    #expect(count.value == 0)
  }

  @Test func `a deferred tensor of another one makes both once`() throws {
    let (first, second) = (Count(), Count())
    let tensor = try Self.deferred(.float32, first)
    let moved = try #require(
      Tensor(deferred: [3, 2]) {
        second.add()
        return tensor.permuted([1, 0])
      })
    #expect(moved.isBitEqual(to: Self.stored(.float32).permuted([1, 0])))
    #expect(first.value == 1 && second.value == 1)
  }

  @Test func `elements that cannot be counted make no tensor`() {
    #expect(Tensor(deferred: [1 << 61], elementType: .float64) { Tensor([], [0 as Double]) } == nil)
    #expect(Tensor(absent: [1 << 62]) == nil)
  }

  @Test func `a tensor of another shape than promised ends the program`() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor(deferred: [2]) { Tensor([1, 2], [1, 2] as [Float]) }?.floats
    }
  }
}

@Suite struct ElementPlaceTests {
  static let tensors: [Tensor] = [
    Tensor([2, 3], [0, 1, 2, 3, 4, 5] as [Float]),
    Tensor(deferred: [2, 3]) { Tensor([2, 3], [0, 1, 2, 3, 4, 5] as [Float]) }!,
    Tensor(absent: [2, 3])!,
  ]

  @Test(arguments: tensors) func `reshaping keeps the place`(tensor: Tensor) {
    let line = tensor.reshaped(to: [6])
    #expect(line.place == tensor.place && line.elements.isIdentical(to: tensor.elements))
    #expect(!line.isIdentical(to: tensor))
    #expect(line.reshaped(to: [2, 3]).isIdentical(to: tensor))
  }

  @Test func `tensors that were made one by one have places of their own`() {
    let twins = (0..<2).map { _ in Tensor(absent: [2, 3])! }
    #expect(Set((Self.tensors + twins).map(\.place)).count == 5)
    #expect(!twins[0].isIdentical(to: twins[1]))
  }

  @Test func `slices of the same bytes have the place of their beginning`() throws {
    let bytes = Bytes([UInt8](repeating: 0, count: 12))
    func tensor(from start: Int, _ count: Int) throws -> Tensor {
      let slice = try #require(bytes.slice(from: start, count: 4 * count))
      return try #require(Tensor(shape: [count], elementType: .float32, bytes: slice))
    }
    let first = try tensor(from: 0, 1)
    #expect(try tensor(from: 0, 1).isIdentical(to: first))
    #expect(try tensor(from: 0, 2).place == first.place)
    #expect(try !tensor(from: 0, 2).elements.isIdentical(to: first.elements))
    #expect(try tensor(from: 4, 1).place != first.place)
  }
}

@Suite struct AbsentElementsTests {
  @Test func `absent elements are known by their number`() throws {
    let tensor = try #require(Tensor(absent: [2, 3]))
    #expect(tensor.isAbsent && tensor.byteCount == 24 && tensor.storedBytes == nil)
    #expect(tensor.reshaped(to: [6]).isAbsent)
    #expect(tensor.permuted([1, 0]).isAbsent && tensor.permuted([1, 0]).shape == [3, 2])
    #expect("\(tensor)" == "float32 [2, 3]")
  }

  @Test func `a look at absent elements ends the program`() async {
    await #expect(processExitsWith: .failure) { _ = Tensor(absent: [2])?.floats }
    await #expect(processExitsWith: .failure) { _ = Tensor(absent: [2])?.elements.made() }
  }
}
