import ModelGraph
import TensorCore

@testable import Files
@testable import ModelIO
@testable import NativeFormat

/// Checks that a model some reader accepted holds together: each layer has a cost, and the native
/// format keeps it as it is.
func check(_ model: Model) throws(Contradiction) {
  do {
    _ = try model.network.costs()
  } catch {
    throw Contradiction("broken: the layers of a model fit each other: \(error)")
  }
  let copy: Model
  do throws(FormatError) {
    let file = InputFile(path: "copy.resnet", bytes: try written(model))
    copy = try NativeFormat().readModel(from: [file], options: ReadingOptions()).model
  } catch {
    throw Contradiction("broken: the native format holds every model: \(error)")
  }
  let (header, list) = Header.coded(model)
  let (copiedHeader, copiedList) = Header.coded(copy)
  let tensors = zip(list.tensors, copiedList.tensors)
  try require(
    header == copiedHeader && list.tensors.count == copiedList.tensors.count
      && tensors.allSatisfy { $0.name == $1.name && $0.tensor.isBitEqual(to: $1.tensor) }
      && model.provenance.ledger == copy.provenance.ledger,
    "a model is the same once it was written and read")
}

/// A model as a native file, which never gets a name.
func written(_ model: Model) throws(FormatError) -> Bytes {
  let output = try OutputFile(path: "\(scratchFolder)/fuzzed.resnet", replacing: true)
  return try NativeFormat().prepare(model, for: output).file.contents
}

/// In memory where there is such a folder: the fuzzer writes a thousand models a second.
let scratchFolder =
  (try? Folder(path: "/dev/shm", of: "")) == nil ? "/tmp" : "/dev/shm"
