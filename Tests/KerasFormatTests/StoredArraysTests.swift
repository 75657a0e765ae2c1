import Files
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// The tensors of models whose layers cannot be read.
@Suite struct StoredArraysTests {
  private static func arrays(_ name: String) throws -> StoredArrays {
    try KerasFormat().storedArrays(in: [InputFile(path: Places.fixture("keras/\(name)"))])
  }

  @Test(arguments: ["lambda", "custom", "no-model", "no-json"])
  func `tensors are read whatever the definition is`(_ name: String) throws {
    let stored = try Self.arrays("hostile/\(name).h5")
    #expect(
      stored.arrays.map(\.name) == [
        "conv/conv/bias:0", "conv/conv/kernel:0", "dense/dense/bias:0", "dense/dense/kernel:0",
      ])
    #expect(stored.arrays.map { $0.tensor.shape } == [[3], [3, 3, 2, 3], [2], [12, 2]])
    #expect(stored.arrays[1].tensor.floats.allSatisfy { $0 == 1 } && stored.notes.isEmpty)
  }

  @Test func `an archive has them by class and number`() throws {
    let names = try Self.arrays("layers/line.keras").arrays.map(\.name)
    #expect(names.contains("layers/conv1d/vars/0") && names.allSatisfy { !$0.hasPrefix("/") })
  }

  @Test func `what are no numbers with a fraction is left out and said`() throws {
    let stored = try Self.arrays("hostile/integers.h5")
    #expect(stored.arrays.count == 3)
    #expect(
      stored.notes == ["left out what are no floating-point numbers: conv/conv/kernel:0 (integers)"]
    )
  }

  @Test(arguments: ["external-link", "external-storage", "virtual", "bomb"])
  func `what leads elsewhere is refused here too`(_ name: String) throws {
    let error = #expect(throws: FormatError.self) { try Self.arrays("hostile/\(name).h5") }
    #expect(error?.kind == .refused)
  }
}
