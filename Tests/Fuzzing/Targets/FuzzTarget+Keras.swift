import Files
import KerasFormat
import ModelIO
import TensorCore

@testable import ModelGraph

extension FuzzTarget {
  /// A definition of Keras in JSON, without weights.
  static func readKerasDefinition(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let file = InputFile(path: "net.json", bytes: bytes)
    guard KerasFormat().recognize(file) != .no else { return false }
    let definition = try accepted { () throws(FormatError) in
      try KerasFormat().readDefinition(from: [file], options: ReadingOptions())
    }
    guard case .some(.some(let definition)) = definition else { return false }
    do {
      _ = try definition.network.shapes()
    } catch {
      throw Contradiction("broken: the layers of a definition fit each other: \(error)")
    }
    return true
  }
}
