internal import ModelGraph
public import ModelIO
internal import TensorCore

extension Receipt {
  /// What a check found.
  public struct CheckReport: Sendable, Equatable {
    /// One sentence for each file or tensor that is not as the receipt says; empty: all are.
    public var faults: [String] = []
    /// How many tensors were made again from their sources and are bit-equal to the target's.
    public var replayedCount = 0
    /// How many tensors are constants of the target's format, without a source.
    public var constantCount = 0
    /// How many tensors do not lie in one piece in their source: only the hash of the whole file
    /// vouches for them.
    public var scatteredCount = 0
  }

  /// Compares the receipt with the files: every hash, and every tensor of the targets with what its
  /// source becomes when the transforms are done again.
  ///
  /// - Parameters:
  ///   - sources: the files that were read, found by their names.
  ///   - targets: the files that were written.
  public func check(sources: [InputFile], targets: [InputFile]) -> CheckReport {
    var report = CheckReport()
    let read = Dictionary(sources.map { ($0.name, $0.bytes) }) { first, _ in first }
    let made = Dictionary(targets.map { ($0.name, $0.bytes) }) { first, _ in first }
    for (files, contents) in [(self.sources, read), (self.targets, made)] {
      report.faults += files.compactMap { $0.fault(in: contents) }
    }
    for entry in entries { entry.check(sources: read, targets: made, &report) }
    return report
  }

  /// What the receipt does not tell about an output, or tells of something else: one sentence each.
  ///
  /// - Parameter objects: the names of all tensors in the targets, as a reader finds them.
  public func incompleteness(of objects: [String]) -> [String] {
    let (found, listed) = (Set(objects), Set(entries.map(\.target.object)))
    return found.subtracting(listed).sorted().map { "\($0) is in the output, not in the receipt" }
      + listed.subtracting(found).sorted().map { "\($0) is in the receipt, not in the output" }
  }
}

extension Receipt.File {
  fileprivate func fault(in contents: [String: Bytes]) -> String? {
    guard let bytes = contents[name] else { return "\(name) is missing" }
    guard bytes.count == byteCount else {
      return "\(name): expected \(byteCount) bytes, found \(bytes.count)"
    }
    let found = bytes.sha256
    return found == sha256 ? nil : "\(name): expected SHA-256 \(sha256), found \(found)"
  }
}

extension Receipt.Entry {
  fileprivate func check(
    sources: [String: Bytes], targets: [String: Bytes], _ report: inout Receipt.CheckReport
  ) {
    guard let made = target.verified(in: targets, &report.faults) else { return }
    guard let source else {
      report.constantCount += 1
      return
    }
    guard source.byteOffset != nil else {
      report.scatteredCount += 1
      return
    }
    guard var tensor = source.verified(in: sources, &report.faults) else { return }
    for transform in transforms {
      guard let next = transform.applied(to: tensor) else {
        report.faults.append("\(target.object): \(transform) does not fit \(tensor.shape)")
        return
      }
      tensor = next
    }
    guard tensor.isBitEqual(to: made) else {
      let steps = transforms.map { " after \($0)" }.joined()
      report.faults.append("\(target.object) is not \(source.object)\(steps)")
      return
    }
    report.replayedCount += 1
  }
}

extension Receipt.StoredTensor {
  /// The tensor as it lies in its file; nil, with a fault, if it is not there or not the same.
  fileprivate func verified(in files: [String: Bytes], _ faults: inout [String]) -> Tensor? {
    guard let bytes = content(in: files),
      let tensor = Tensor(shape: shape, elementType: elementType, bytes: bytes)
    else {
      faults.append("\(object) does not lie in \(file) where the receipt says")
      return nil
    }
    guard bytes.sha256 == sha256 else {
      faults.append("\(object) in \(file) has changed")
      return nil
    }
    return tensor
  }
}
