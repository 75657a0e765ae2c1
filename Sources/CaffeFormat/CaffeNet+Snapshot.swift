internal import Files
internal import HDF5
internal import ModelIO
internal import Protobuf
internal import TensorCore

extension CaffeNet {
  /// More blobs than any layer has.
  private static let blobLimit = 1000

  /// Whether an HDF5 file is a snapshot, as far as its root tells; a damaged one may be.
  static func recognizeSnapshot(_ file: InputFile) -> Recognition {
    do {
      return try HDF5File.kinds(inRootOf: file)["data"] == .group ? .certain : .no
    } catch {
      return .plausible
    }
  }

  /// Reads a snapshot in HDF5: the tensors of the layers, and nothing of what the layers do.
  ///
  /// `/data/<layer>/<i>` is blob `i` of a layer. A slash in a layer's name makes a group within a
  /// group; layers without weights are empty groups; a blob that layers share is stored with the
  /// first of them only. (BVLC/caffe, src/caffe/net.cpp, `ToHDF5`.)
  /// - Throws: `FormatError` with the path of the object that is at fault.
  init(snapshot file: InputFile) throws(FormatError) {
    let hdf5 = try HDF5File(file)
    guard case .group(let data)? = hdf5.root["data"] else {
      throw FormatError(
        at: .object("/data"),
        "expected the group of all layers in a snapshot, found "
          + (hdf5.root["data"]?.description ?? "none"))
    }
    self.init(
      name: "", generation: .v2, layers: [], stages: [], notes: [], forkFields: [])
    notes.append("took the weights from a snapshot: layer/blobs[i] is /data/layer/i")
    notes += hdf5.notes
    if hdf5.root["diff"] != nil { notes.append("left out /diff, the gradients of training") }
    for (name, member) in data.members {
      guard case .group(let layer) = member else {
        throw FormatError(
          at: .object("/data/\(name)"), "expected the group of a layer, found \(member.description)"
        )
      }
      try readLayer(name, layer, of: hdf5)
    }
  }

  /// Reads the layer of a group, and the ones whose names go on after a slash.
  private mutating func readLayer(
    _ name: String, _ group: HDF5File.Group, of file: HDF5File
  ) throws(FormatError) {
    var blobs: [CaffeBlob] = []
    var numbers: [Int] = []
    for (memberName, member) in group.members {
      switch member {
      case .group(let inner): try readLayer("\(name)/\(memberName)", inner, of: file)
      case .dataset(let dataset):
        numbers.append(try CaffeNet.blobNumber(memberName, at: dataset.path))
        blobs.append(try CaffeBlob(dataset, of: file))
      case .namedType, .link:
        throw FormatError(
          .refused, at: .object("\(group.path)/\(memberName)"),
          "expected a blob or the group of a layer, found \(member.description)")
      }
    }
    guard !blobs.isEmpty else { return }
    var layer = CaffeLayer(name: name, type: "", operation: .unsupported, bottoms: [], tops: [])
    layer.blobs = blobs
    layer.blobNumbers = numbers
    layers.append(layer)
  }

  /// The number that is a dataset's name.
  private static func blobNumber(_ name: String, at path: String) throws(FormatError) -> Int {
    guard let number = Int(name), "\(number)" == name, 0..<blobLimit ~= number else {
      throw FormatError(
        at: .object(path), "expected the number of a blob for a name, found \(quoted(name))")
    }
    return number
  }
}

extension CaffeBlob {
  /// The elements of a dataset: in the mapped file where they are one run of numbers, else decoded.
  fileprivate init(_ dataset: HDF5File.Dataset, of file: HDF5File) throws(FormatError) {
    self.init(
      tensor: try file.tensor(dataset), byteOffset: dataset.run?.lowerBound)
  }
}
