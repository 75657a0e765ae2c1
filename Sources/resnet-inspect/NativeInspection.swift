import ResNetKit
import ToolSupport

/// What can be asked of a native file without using its weights.
struct NativeInspection {
  let file: InputFile

  func report(check: Bool, timeOpen: Bool) throws -> Report {
    var report = Report(kind: "native", title: file.path)
    if timeOpen {
      let opening = try timedOpening()
      report.facts += [
        .init(
          "openMedianMilliseconds", "opened in ms, median of 100",
          .number(opening.median, digits: 3)),
        .init("openMinimumMilliseconds", "minimum", .number(opening.minimum, digits: 3)),
      ]
    }
    if check {
      Progress.say("checking \(file.name)")
      let start = ContinuousClock.now
      let found = try [file].blamingChanges { try NativeFile(opening: file).check() }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let speed = Double(found.byteCount) / seconds / 1e9
      report.findings.append(
        "good: \(found.byteCount.grouped) bytes, \(found.tensorCount) tensors, "
          + "\(found.checksumCount) checksums, \(speed.fixed(1)) GB/s")
      report.facts += [
        .init("checkedBytes", "bytes", .count(found.byteCount)),
        .init("tensors", "tensors", .count(found.tensorCount)),
        .init("checksums", "checksums", .count(found.checksumCount)),
        .init("seconds", "seconds", .number(seconds)),
      ]
    }
    return report
  }

  /// Opens the file a hundred times, the mapping included.
  private func timedOpening() throws -> Timing {
    let clock = ContinuousClock()
    return Timing(
      try (0..<100).map { _ in
        try clock.measure { _ = try NativeFile(opening: InputFile(path: file.path)) }
      })
  }
}
