import ResNetKit
import ToolSupport

extension FixtureVerification {
  private var failures: [Comparison] { comparisons.filter { !$0.agrees } }

  /// What fails, what was found by its numbers, the comparisons, failures first, and the verdict.
  func text(_ accuracy: Accuracy?, _ notes: [String]) -> String {
    var lines = failures.map { "\($0.title): \($0.finding)".printable() }
    lines += unmatched.map { "\($0.array): \($0.reason)".printable() }
    lines += notes.map { $0.printable() }
    if !lines.isEmpty { lines.append("") }
    lines += [table.description, ""]
    if let agreement {
      lines.append(
        "top-1 agrees in \(agreement.top1) of \(agreement.imageCount) images, "
          + "top-5 in \(agreement.top5)")
    }
    if let accuracy {
      let percent = 100 * Double(accuracy.correct) / Double(accuracy.total)
      lines.append(
        "accuracy: \(accuracy.correct) of \(accuracy.total) images, top-1 \(percent.fixed(2)) %")
    }
    lines.append("run: \((seconds * 1e3).fixed(1)) ms")
    lines.append("\(verdict): compared \(comparedCount)/\(valueCount) values")
    return lines.joined(separator: "\n")
  }

  private var table: TextTable {
    var table = TextTable([
      ("value", .leading), ("golden", .leading), ("shape", .leading), ("max error", .trailing),
      ("relative", .trailing), ("relative L2", .trailing), ("cosine", .trailing),
      ("bound", .trailing), ("verdict", .leading),
    ])
    for item in failures + comparisons.filter(\.agrees) {
      let deviation = item.deviation
      // Where one side has no number there is no error to speak of.
      let measures =
        deviation.unlikeCount > 0
        ? ["NaN or inf", "-", "-", "-"]
        : [
          deviation.maximum.short, deviation.relativeMaximum.short, deviation.relativeL2.short,
          deviation.cosine.fixed(9),
        ]
      table.add(
        [
          item.value, item.array == item.value ? "\(item.goldenType)" : "\(item.array)",
          item.shape.description,
        ] + measures + [
          item.bound.short + (item.goldenType.byteCount < 4 ? " + ulp/2" : ""),
          item.agrees ? "good" : "DIVERGES",
        ])
    }
    return table
  }

  private var verdict: String {
    if let first = firstDiverging {
      return "NOT EQUAL, first at \(first.value.printable()) (\(first.measure))"
    }
    if comparisons.isEmpty { return "NOTHING COMPARED" }
    return unmatched.isEmpty ? "EQUAL" : "NOT EQUAL, arrays that match no value"
  }

  /// The same as JSON, the values in topological order.
  func json(_ accuracy: Accuracy?, notes: [String]) -> JSON {
    .members([
      "passes": .bool(passes),
      "accuracy": accuracy.map { JSON(number: Double($0.correct) / Double($0.total)) },
      "compared": .count(comparedCount),
      "total": .count(valueCount),
      "firstDiverging": firstDiverging.map { .string($0.value) },
      "failures": .strings(failures.map { "\($0.title): \($0.finding)" }),
      "top1": agreement.map { .count($0.top1) },
      "top5": agreement.map { .count($0.top5) },
      "images": agreement.map { .count($0.imageCount) },
      "seconds": JSON(number: seconds),
      "unmatched": .array(
        unmatched.map { .members(["array": .string($0.array), "reason": .string($0.reason)]) }),
      "notes": .strings(notes),
      "values": .array(comparisons.map(\.json)),
    ])
  }
}

extension FixtureVerification.Comparison {
  /// The value, and the array where it has another name.
  fileprivate var title: String { array == value ? value : "\(value) (array \(array))" }

  /// The worst element on both sides and by how much they part.
  fileprivate var finding: String {
    guard let worst = deviation.worst, let worstIndex else { return measure }
    let (found, expected) = worst.texts
    let place = "\(found) at \(worstIndex), expected \(expected)"
    switch deviation.unlikeCount {
    case 0: return "\(place) (\(measure))"
    case 1: return place
    default:
      return "\(place); a NaN or an infinity on one side only in \(deviation.unlikeCount) elements"
    }
  }

  /// What is outside its bound.
  fileprivate var measure: String {
    if deviation.unlikeCount > 0, let worst = deviation.worst, let worstIndex {
      let (found, expected) = worst.texts
      return "\(found) at \(worstIndex), expected \(expected)"
    }
    return deviation.excess <= bound && bound.isFinite
      ? "rms error \(deviation.rootMeanSquare.short), bound \(rootMeanSquareBound.short)"
      : "error \(deviation.maximum.short), bound \(bound.short)"
  }

  fileprivate var json: JSON {
    .members([
      "value": .string(value), "array": .string(array), "type": .string("\(goldenType)"),
      "shape": .integers(shape.dimensions),
      "maximumError": JSON(number: deviation.maximum),
      "relativeError": JSON(number: deviation.relativeMaximum),
      "relativeL2": JSON(number: deviation.relativeL2),
      "rootMeanSquare": JSON(number: deviation.rootMeanSquare),
      "cosine": JSON(number: deviation.cosine),
      "bound": JSON(number: bound),
      "rootMeanSquareBound": JSON(number: rootMeanSquareBound),
      "worst": deviation.worst.map { worst in
        .members([
          "index": .integers(worstIndex ?? []), "found": JSON(number: worst.found),
          "expected": JSON(number: worst.expected),
        ])
      },
      "withoutNumber": deviation.unlikeCount > 0 ? .count(deviation.unlikeCount) : nil,
      "agrees": .bool(agrees),
    ])
  }
}

extension Deviation.Element {
  /// Both numbers, with as many digits as tell them apart.
  fileprivate var texts: (found: String, expected: String) {
    func text(_ number: Double) -> String { number.isNaN ? "NaN" : "\(Float(number))" }
    let texts = (text(found), text(expected))
    return texts.0 == texts.1 ? ("\(found)", "\(expected)") : texts
  }
}
