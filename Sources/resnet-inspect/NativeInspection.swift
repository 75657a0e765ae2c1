import ResNetKit
import ToolSupport

/// What can be asked of a native file without using its weights.
struct NativeInspection {
  let file: InputFile
  let json: Bool

  func run(check: Bool, timeOpen: Bool) throws {
    var members: [JSON.Member] = []
    var lines: [String] = []
    if timeOpen {
      let opening = try timedOpening()
      members.append(.init("openMedianMilliseconds", JSON(number: opening.median)))
      members.append(.init("openMinimumMilliseconds", JSON(number: opening.minimum)))
      lines.append(
        "\(file.path.printable()): opened in \(opening.median.fixed(3)) ms (median of 100; "
          + "minimum \(opening.minimum.fixed(3)))")
    }
    if check {
      Progress.say("checking \(file.name)")
      let start = ContinuousClock.now
      let report = try [file].blamingChanges { try NativeFile(opening: file).check() }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      Progress.clear()
      members += [
        .init("checkedBytes", .count(report.byteCount)),
        .init("tensors", .count(report.tensorCount)),
        .init("checksums", .count(report.checksumCount)),
        .init("seconds", JSON(number: seconds)),
      ]
      lines.append(
        "\(file.path.printable()): good: \(report.byteCount.grouped) bytes, \(report.tensorCount) tensors, "
          + "\(report.checksumCount) checksums, \((Double(report.byteCount) / seconds / 1e9).fixed(1)) GB/s"
      )
    }
    print(json ? JSON.object(members).prettyText() : lines.joined(separator: "\n"))
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
