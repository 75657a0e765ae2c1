import Containers
import TensorCore

@testable import Files

extension FuzzTarget {
  static func readArrays(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let arrays = try accepted { () throws(FormatError) in
      try NPZ.read(InputFile(path: "arrays.npz", bytes: bytes))
    }
    guard let arrays else { return false }
    try require(
      arrays.allSatisfy { name, tensor in
        tensor.byteCount == tensor.shape.elementCount * tensor.elementType.byteCount
      }, "an array has the bytes of its shape")
    return true
  }
}
