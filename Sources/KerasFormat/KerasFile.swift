internal import Containers
internal import Files
internal import HDF5
internal import JSON
internal import ModelIO
internal import TensorCore

/// What a file is, from its first bytes.
enum KerasFile: Equatable {
  case json
  case hdf5
  case archive
  /// In which files the tensors are that were saved into several.
  case shardIndex
  case other

  /// A hundred bytes for each layer with weights; longer ones are definitions.
  private static let longestIndex = 16 << 20

  /// Looks for the signatures.
  init(_ bytes: Bytes) {
    // An archive first: a file of HDF5 in it may begin where it could after a user block.
    if ZipArchive.isZip(bytes) {
      self = .archive
    } else if KerasFile.isHDF5(bytes) {
      self = .hdf5
    } else if KerasFile.firstCharacter(bytes) == UInt8(ascii: "{") {
      let isShort = bytes.count <= KerasFile.longestIndex
      let json = isShort ? try? JSON(parsing: bytes) : nil
      self = json.map(ShardIndex.isIndex) == true ? .shardIndex : .json
    } else {
      self = .other
    }
  }

  /// Whether the signature of HDF5 is at the begin or behind a user block, whose size is a power of
  /// two.
  private static func isHDF5(_ bytes: Bytes) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var offset = 0
    while let found = bytes.slice(from: offset, count: signature.count) {
      if found.array == signature { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  private static func firstCharacter(_ bytes: Bytes) -> UInt8? {
    bytes.slice(from: 0, count: min(bytes.count, 64))?.array
      .first { !" \t\r\n".utf8.contains($0) }
  }

  /// How sure it is that a file is one of Keras.
  static func recognize(_ file: InputFile) -> Recognition {
    switch KerasFile(file.bytes) {
    case .hdf5: recognizeHDF5(file)
    case .archive:
      // One that is cut short is left to the reader; an archive of arrays has other members.
      // Either member is enough: the reader says which is missing.
      (try? ZipArchive(file.bytes)).map {
        $0["config.json"] == nil && $0["model.weights.h5"] == nil ? .no : .certain
      } ?? .plausible
    case .json:
      // A text that is no JSON is left to the reader, which says where it is wrong.
      (try? JSON(parsing: file.bytes)).map {
        $0["class_name"] != nil || $0["layers"] != nil ? .certain : .no
      } ?? .plausible
    case .shardIndex: .certain
    case .other: .no
    }
  }

  private static func recognizeHDF5(_ file: InputFile) -> Recognition {
    do {
      let names = try HDF5File.attributeNames(inRootOf: file)
      let marks: Set<String> = ["layer_names", "layer_names0", "nb_layers", "model_config"]
      if !names.isDisjoint(with: marks) { return .certain }
      let kinds = try HDF5File.kinds(inRootOf: file)
      let groups = ["model_weights", "layers", WeightMatching.oldRoot, "vars"]
      if groups.contains(where: { kinds[$0] == .group }) { return .certain }
      return kinds["data"] == .group ? .no : .plausible
    } catch {
      return .plausible
    }
  }
}
