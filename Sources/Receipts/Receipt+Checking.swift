public import Files
internal import Hashing
public import ModelGraph
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
    /// How many tensors of the sources were left out.
    public var leftOutCount = 0
  }

  /// Compares the receipt with the files: every hash, and every tensor of the targets with what its
  /// source becomes when the transforms are done again.
  ///
  /// - Parameters:
  ///   - sources: the files that were read, found by their names.
  ///   - targets: the files that were written.
  ///   - progress: called with how many bytes of how many are checked.
  public func check(
    sources: [InputFile], targets: [InputFile], progress: (Int, Int) -> Void = { _, _ in }
  ) -> CheckReport {
    var report = CheckReport()
    let read = Dictionary(sources.map { ($0.name, $0.bytes) }) { first, _ in first }
    let made = Dictionary(targets.map { ($0.name, $0.bytes) }) { first, _ in first }
    let total = workload
    var done = 0
    func advance(_ byteCount: Int) {
      done += byteCount
      progress(min(done, total), total)
    }
    for (files, contents) in [(self.sources, read), (self.targets, made)] {
      for file in files {
        if let fault = file.fault(in: contents) { report.faults.append(fault) }
        advance(file.byteCount)
      }
    }
    let duplicates = duplicates
    report.faults += duplicates
    guard duplicates.isEmpty else { return report }
    for entry in entries {
      entry.check(sources: read, targets: made, &report)
      advance(entry.target.stored.byteCount)
    }
    for tensor in leftOut where tensor.stored.byteOffset != nil {
      _ = tensor.verified(in: read, &report.faults)
    }
    report.leftOutCount = leftOut.count
    return report
  }

  /// How many bytes a check reads; what a receipt says may be a lie, and too much to add.
  private var workload: Int {
    (sources.map(\.byteCount) + targets.map(\.byteCount) + entries.map(\.target.stored.byteCount))
      .reduce(0) { $0.addingReportingOverflow(max($1, 0)).partialValue }
  }

  /// Where the receipt contradicts what readers find in the files: one sentence each.
  ///
  /// - Parameters:
  ///   - sources: what became of the tensors in the files that were read.
  ///   - targets: all tensors in the files that were written.
  public func contradictions(sources: Ledger, targets: [StoredTensor]) -> [String] {
    let (read, made) = (Set(sources.entries.map(\.source)), Set(targets))
    let listed = Set(entries.map(\.target.stored.object))
    var faults = Set(targets.map(\.object)).subtracting(listed).sorted().map {
      "\($0) is in the output, not in the receipt"
    }
    for entry in entries {
      let target = entry.target.stored
      if !made.contains(target) {
        faults.append("\(target.object) is in the receipt, not so in the output")
      }
      if let source = entry.source?.stored, !read.contains(source) {
        faults.append("\(source.object) is in the receipt, not so in the source")
      }
    }
    let (told, found) = (leftOut.map(\.stored), sources.leftOut)
    for tensor in told where !found.contains(tensor) {
      faults.append("\(tensor.object) is left out in the receipt, not so in the source")
    }
    for tensor in found where !told.contains(tensor) {
      faults.append("\(tensor.object) is left out in the source, not so in the receipt")
    }
    return faults
  }

  /// Files and tensors that are listed twice.
  private var duplicates: [String] {
    let names = [sources.map(\.name), targets.map(\.name), entries.map(\.target.stored.object)]
    return names.flatMap { names in
      var known: Set<String> = []
      return Set(names.filter { !known.insert($0).inserted }).sorted().map {
        "\($0) is twice in the receipt"
      }
    }
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
      if made.isConstant {
        report.constantCount += 1
      } else {
        report.faults.append("\(target.stored.object) has no source, and is no constant of 0 or 1")
      }
      return
    }
    guard source.stored.byteOffset != nil else {
      report.scatteredCount += 1
      return
    }
    guard var tensor = source.verified(in: sources, &report.faults) else { return }
    for transform in transforms {
      // None makes a tensor smaller: what is larger than the target before the end cannot become it.
      guard let count = transform.elementCount(from: tensor.shape),
        count <= made.shape.elementCount, let next = transform.applied(to: tensor)
      else {
        report.faults.append("\(target.stored.object): \(transform) does not fit \(tensor.shape)")
        return
      }
      tensor = next
    }
    guard tensor.isBitEqual(to: made) else {
      let steps = transforms.map { " after \($0)" }.joined()
      report.faults.append("\(target.stored.object) is not \(source.stored.object)\(steps)")
      return
    }
    report.replayedCount += 1
  }
}

extension Tensor {
  /// Whether it is what formats ask for beside a model's own weights: zeros or ones.
  fileprivate var isConstant: Bool {
    var isZero = true
    var isOne = true
    forEachElement { _, value in
      isZero = isZero && value == 0
      isOne = isOne && value == 1
    }
    return isZero || isOne
  }
}

extension Receipt.HashedTensor {
  /// The tensor as it lies in its file; nil, with a fault, if it is not there or not the same.
  fileprivate func verified(in files: [String: Bytes], _ faults: inout [String]) -> Tensor? {
    guard let bytes = stored.content(in: files),
      let tensor = Tensor(shape: stored.shape, elementType: stored.elementType, bytes: bytes)
    else {
      faults.append("\(stored.object) does not lie in \(stored.file) where the receipt says")
      return nil
    }
    guard bytes.sha256 == sha256 else {
      faults.append("\(stored.object) in \(stored.file) has changed")
      return nil
    }
    return tensor
  }
}
