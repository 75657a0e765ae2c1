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

  @Test func `a source without tensors is a fault`() {
    #expect(Ledger().faults(sources: [], targets: []) == ["the source holds no tensors"])
  }
}
