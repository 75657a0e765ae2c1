import ModelGraph
import TensorCore
import Testing

@Suite struct LedgerTests {
  static func entry(_ source: String, _ target: String) -> Ledger.Entry {
    Ledger.Entry(source: source, file: "f", byteOffset: 0, shape: [1], target: target)
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
    (.setToOne, matrix, Tensor([2, 3], [1, 1, 1, 1, 1, 1] as [Float])),
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
  ])
  func `a transform that does not fit makes nothing`(transform: Ledger.Transform, tensor: Tensor) {
    #expect(transform.applied(to: tensor) == nil)
  }

  @Test func `a source without tensors is a fault`() {
    #expect(Ledger().faults(sources: [], targets: []) == ["the source holds no tensors"])
  }
}
