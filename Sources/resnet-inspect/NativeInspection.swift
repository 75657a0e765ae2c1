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
      let (median, minimum) = try openingTimes()
      members.append(.init("openMedianMilliseconds", .double(median)))
      members.append(.init("openMinimumMilliseconds", .double(minimum)))
      lines.append(
        "\(file.path): opened in \(median.fixed(3)) ms (median of 100; minimum \(minimum.fixed(3)))"
      )
    }
    if check {
      Progress.say("checking \(file.name)")
      let start = ContinuousClock.now
      let report = try inFile { () throws(FormatError) in try NativeFile(opening: file).check() }
      let seconds = (ContinuousClock.now - start).seconds
      Progress.clear()
      members += [
        .init("checkedBytes", .count(report.byteCount)),
        .init("tensors", .count(report.tensorCount)),
        .init("checksums", .count(report.checksumCount)),
        .init("seconds", .double(seconds)),
      ]
      lines.append(
        "\(file.path): good: \(report.byteCount.grouped) bytes, \(report.tensorCount) tensors, "
          + "\(report.checksumCount) checksums, \((Double(report.byteCount) / seconds / 1e9).fixed(1)) GB/s"
      )
    }
    print(json ? JSON.object(members).prettyText() : lines.joined(separator: "\n"))
  }

  /// Milliseconds for opening the file anew, the mapping included.
  private func openingTimes() throws -> (median: Double, minimum: Double) {
    var times: [Double] = []
    for _ in 0..<100 {
      let start = ContinuousClock.now
      _ = try NativeFile(opening: InputFile(path: file.path))
      times.append((ContinuousClock.now - start).seconds * 1e3)
    }
    times.sort()
    return ((times[49] + times[50]) / 2, times[0])
  }

  private func inFile<Result>(_ body: () throws(FormatError) -> Result) throws(FormatError)
    -> Result
  {
    do { return try body() } catch { throw error.inFile(file.path) }
  }
}
