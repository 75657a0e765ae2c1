import ModelGraph
import TensorCore
import Testing

@Suite struct LedgerTests {
  static func entry(_ source: String, _ target: String) -> Ledger.Entry {
    let tensor = StoredTensor(
      file: "f", object: source, byteOffset: 0, elementType: .float32, shape: [1])
    return Ledger.Entry(source: tensor, target: target)
  }

  @Test func `a ledger that balances has no faults`() {
    let ledger = Ledger(entries: [Self.entry("a", "x"), Self.entry("b", "y")])
    #expect(ledger.faults(sources: ["a", "b"], targets: ["x", "y"]).isEmpty)
  }

  @Test func `each imbalance is a fault of its own`() {
    let ledger = Ledger(entries: [
      Self.entry("a", "x"), Self.entry("a", "y"), Self.entry("c", "y"), Self.entry("d", "q"),
    ])
    #expect(
      ledger.faults(sources: ["a", "b", "c"], targets: ["x", "y", "z"]) == [
        "a is used 2 times", "b is not used by any layer", "y is filled 2 times",
        "z is not filled", "d does not exist", "q is no weight of the model",
      ])
  }

  private static let matrix = Tensor([2, 3], [1, 2, 3, 4, 5, 6] as [Float])
  private static let kernel = Tensor([1, 1, 2, 3], [1, 2, 3, 4, 5, 6] as [Float])

  private static let made: [(transform: Ledger.Transform, from: Tensor, to: Tensor)] = [
    (.reshape(from: [2, 3], to: [6]), matrix, Tensor([6], [1, 2, 3, 4, 5, 6] as [Float])),
    (.transpose, matrix, Tensor([3, 2], [1, 4, 2, 5, 3, 6] as [Float])),
    (.swapSpatialAxes, kernel, Tensor([1, 1, 3, 2], [1, 4, 2, 5, 3, 6] as [Float])),
    (.permute([3, 2, 0, 1]), kernel, Tensor([3, 2, 1, 1], [1, 4, 2, 5, 3, 6] as [Float])),
    (.permute([0, 1]), matrix, matrix),
    (
      .flipKernels, kernel.reshaped(to: [2, 1, 3, 1]),
      Tensor([2, 1, 3, 1], [4, 5, 6, 1, 2, 3] as [Float])
    ),
    (
      .flipKernels, kernel.reshaped(to: [3, 1, 2]),
      Tensor([3, 1, 2], [5, 6, 3, 4, 1, 2] as [Float])
    ),
    (
      .invertSquare(subtracting: 0.25), Tensor([3], [1, 2, 4] as [Float]),
      Tensor([3], [0.75, 0, -0.1875] as [Float])
    ),
    (.square(adding: 0), matrix, Tensor([2, 3], [1, 4, 9, 16, 25, 36] as [Double])),
    (
      .square(adding: 0.5), matrix.reshaped(to: [6]),
      Tensor([6], [2.25, 6.25, 12.25, 20.25, 30.25, 42.25] as [Double])
    ),
    (.setToOne, matrix, Tensor([2, 3], [1, 1, 1, 1, 1, 1] as [Float])),
    (.divide(by: 3), matrix, Tensor([2, 3], [1, 2, 3, 4, 5, 6].map { Float($0 / 3.0) })),
    (
      .divide(by: 3), Tensor([2], [1, 2] as [Double]),
      Tensor([2], [1.0 / 3, 2.0 / 3] as [Double])
    ),
    (.divide(by: .infinity), matrix, Tensor([2, 3], [0, 0, 0, 0, 0, 0] as [Float])),
  ]

  @Test(arguments: made)
  func `a transform makes another tensor`(
    transform: Ledger.Transform, tensor: Tensor, expected: Tensor
  ) throws {
    #expect(try #require(transform.applied(to: tensor)).isBitEqual(to: expected))
  }

  @Test(arguments: ElementType.allCases)
  func `1 has the type of what it replaces`(type: ElementType) throws {
    let bytes = Bytes(Array(repeating: 0, count: 2 * type.byteCount))
    let tensor = try #require(Tensor(shape: [2], elementType: type, bytes: bytes))
    let result = Ledger.Transform.setToOne.applied(to: tensor)
    #expect(result?.elementType == type)
    #expect(result?.doubles == [1, 1])
  }

  @Test(arguments: [
    (Ledger.Transform.reshape(from: [3, 2], to: [6]), matrix),
    (.reshape(from: [2, 3], to: [7]), matrix), (.transpose, kernel), (.swapSpatialAxes, matrix),
    (.permute([1, 1]), matrix), (.permute([0]), matrix), (.permute([0, -1]), matrix),
    (.flipKernels, matrix),
  ])
  func `a transform that does not fit makes nothing`(transform: Ledger.Transform, tensor: Tensor) {
    #expect(transform.applied(to: tensor) == nil)
  }

  @Test func `a source without tensors is a fault`() {
    #expect(Ledger().faults(sources: [], targets: []) == ["the source holds no tensors"])
  }

  @Test(arguments: [ElementType.float16, .bfloat16])
  func `half precision is widened exactly`(type: ElementType) throws {
    // 1, −0, the smallest number and infinity.
    let bits: [UInt16] =
      type == .float16 ? [0x3c00, 0x8000, 1, 0x7c00] : [0x3f80, 0x8000, 1, 0x7f80]
    let bytes = Bytes(bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
    let half = try #require(Tensor(shape: [2, 2], elementType: type, bytes: bytes))
    let widened = try #require(Ledger.Transform.widen(from: type).applied(to: half))
    let smallest: Float = type == .float16 ? 0x1p-24 : 0x1p-133
    #expect(widened.isBitEqual(to: Tensor([2, 2], [1, -0.0, smallest, Float.infinity])))
    #expect(Ledger.Transform.widen(from: .float32).applied(to: widened) == nil)
    #expect(Ledger.Transform.widen(from: .float64).applied(to: half) == nil)
  }

  @Test func `kernels are surrounded with zeros`() throws {
    let kernels = Tensor([2, 1, 1, 2], [1, 2, 3, 4] as [Float])
    let zeros = Padding(top: 1, left: 0, bottom: 0, right: 1)
    let surrounded = try #require(Ledger.Transform.surroundWithZeros(zeros).applied(to: kernels))
    let expected: [Float] = [0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 4, 0]
    #expect(surrounded.isBitEqual(to: Tensor([2, 1, 2, 3], expected)))
  }

  @Test(arguments: [
    Padding(top: -1), Padding(top: 1 << 31), Padding(left: .max),
    Padding(vertical: 1 << 30, horizontal: 1 << 30),
  ])
  func `zeros that cannot be are refused`(zeros: Padding) {
    let kernel = Tensor([1, 1, 1, 1], [1] as [Float])
    #expect(Ledger.Transform.surroundWithZeros(zeros).applied(to: kernel) == nil)
    #expect(Ledger.Transform.surroundWithZeros(.none).applied(to: kernel.reshaped(to: [1])) == nil)
  }
}
