public import Files
internal import Hashing
internal import ModelGraph
public import ModelIO
public import TensorCore

extension Receipt {
  /// The receipt of a conversion whose output is complete.
  ///
  /// - Parameters:
  ///   - source: what was converted.
  ///   - sources: the files that were read.
  ///   - written: which weight became which tensor of the targets.
  ///   - targets: the names and contents of the files that were written.
  /// - Throws: `FormatError` if two sources have one name, or for a weight that no ledger knows.
  public init(
    of source: ReadModel, sources: [InputFile], written: [WrittenTensor],
    targets: [(name: String, bytes: Bytes)]
  ) throws(FormatError) {
    let sources = sources.map { (name: $0.name, bytes: $0.bytes) }
    let (read, made) = (try Receipt.byName(sources), try Receipt.byName(targets))
    self.sources = sources.map(File.init)
    self.targets = targets.map(File.init)
    entries = []
    let (network, ledger) = (source.model.network, source.ledger)
    leftOut = ledger.leftOut.map { HashedTensor($0, in: read) }
    let origins = Dictionary(ledger.entries.map { ($0.target, $0) }) { first, _ in first }
    let owners = Dictionary(network.allWeights.map { ($0.name, $0.owner) }) { first, _ in first }
    for tensor in written {
      let target = HashedTensor(tensor.target, in: made)
      guard let weight = tensor.weight else {
        entries.append(Entry(source: nil, transforms: tensor.transforms, target: target))
        continue
      }
      guard let origin = origins[weight] ?? owners[weight].flatMap({ origins[$0] }) else {
        throw FormatError(
          .badModel, at: .object(weight),
          "expected the source of every weight in the ledger, found none")
      }
      entries.append(
        Entry(
          source: HashedTensor(origin.source, in: read),
          transforms: origin.transforms + tensor.transforms, target: target))
    }
  }

  private static func byName(
    _ files: [(name: String, bytes: Bytes)]
  ) throws(FormatError) -> [String: Bytes] {
    var byName: [String: Bytes] = [:]
    for file in files {
      guard byName.updateValue(file.bytes, forKey: file.name) == nil else {
        throw FormatError(file: file.name, "expected files of different names for a receipt")
      }
    }
    return byName
  }
}

extension Receipt.File {
  fileprivate init(_ file: (name: String, bytes: Bytes)) {
    self.init(name: file.name, byteCount: file.bytes.count, sha256: file.bytes.sha256)
  }
}

extension Receipt.HashedTensor {
  /// A tensor with the hash of its elements, if they lie in one of the files.
  fileprivate init(_ stored: StoredTensor, in files: [String: Bytes]) {
    self.init(stored: stored, sha256: stored.content(in: files)?.sha256)
  }
}

extension StoredTensor {
  /// The elements as they lie in their file; nil if they do not lie there.
  func content(in files: [String: Bytes]) -> Bytes? {
    guard let byteOffset else { return nil }
    return files[file]?.slice(from: byteOffset, count: byteCount)
  }
}
