import ResNetKit
import ToolSupport

extension FixtureVerification {
  /// The table of comparisons and the verdict.
  func text(_ accuracy: Accuracy?) -> String {
    var table = TextTable([
      ("value", .leading), ("golden", .leading), ("shape", .leading), ("max error", .trailing),
      ("relative", .trailing), ("relative L2", .trailing), ("cosine", .trailing),
      ("bound", .trailing), ("verdict", .leading),
    ])
    for item in comparisons {
      table.add([
        item.value, item.array == item.value ? "\(item.goldenType)" : "\(item.array)",
        item.shape.description, item.deviation.maximum.short, item.deviation.relativeMaximum.short,
        item.deviation.relativeL2.short, item.deviation.cosine.fixed(9), item.bound.short,
        item.agrees ? "good" : "DIVERGES",
      ])
    }
    var lines = [table.description, ""]
    lines += unmatched.map { "\($0.array): \($0.reason)".printable() }
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

  private var verdict: String {
    if let first = firstDiverging {
      return "NOT EQUAL, first at \(first.value.printable()) "
        + "(error \(first.deviation.maximum.short), bound \(first.bound.short))"
    }
    if comparisons.isEmpty { return "NOTHING COMPARED" }
    return unmatched.isEmpty ? "EQUAL" : "NOT EQUAL, arrays that match no value"
  }

  /// The same as JSON.
  func json(_ accuracy: Accuracy?) -> JSON {
    .members([
      "passes": .bool(passes),
      "accuracy": accuracy.map { JSON(number: Double($0.correct) / Double($0.total)) },
      "compared": .count(comparedCount),
      "total": .count(valueCount),
      "firstDiverging": firstDiverging.map { .string($0.value) },
      "top1": agreement.map { .count($0.top1) },
      "top5": agreement.map { .count($0.top5) },
      "images": agreement.map { .count($0.imageCount) },
      "seconds": JSON(number: seconds),
      "unmatched": .strings(unmatched.map(\.array)),
      "values": .array(
        comparisons.map { item in
          .members([
            "value": .string(item.value), "array": .string(item.array),
            "shape": .integers(item.shape.dimensions),
            "maximumError": JSON(number: item.deviation.maximum),
            "relativeError": JSON(number: item.deviation.relativeMaximum),
            "relativeL2": JSON(number: item.deviation.relativeL2),
            "rootMeanSquare": JSON(number: item.deviation.rootMeanSquare),
            "cosine": JSON(number: item.deviation.cosine),
            "bound": JSON(number: item.bound),
            "rootMeanSquareBound": JSON(number: item.rootMeanSquareBound),
            "agrees": .bool(item.agrees),
          ])
        }),
    ])
  }
}

extension LayerVerification {
  /// The table of layers and the verdict.
  var text: String {
    var table = TextTable([
      ("value", .leading), ("type", .leading), ("d", .trailing), ("max ratio", .trailing),
      ("bound", .trailing), ("rms ratio", .trailing), ("bound", .trailing), ("verdict", .leading),
    ])
    for item in results {
      table.add([
        item.value, item.typeName, "\(item.additionChain)", item.maximumRatio.short,
        item.bound.short, item.rootMeanSquareRatio.short, item.rootMeanSquareBound.short,
        item.agrees ? "good" : "DIVERGES",
      ])
    }
    let first = firstDiverging.map { ", first at \($0.value.printable())" } ?? ""
    let verdict = "\(passes ? "EQUAL" : "NOT EQUAL")\(first): compared \(results.count) values"
    return "\(table)\n\n\(verdict)"
  }

  /// The same as JSON.
  var json: JSON {
    .members([
      "passes": .bool(passes),
      "firstDiverging": firstDiverging.map { .string($0.value) },
      "layers": .array(
        results.map { item in
          .members([
            "value": .string(item.value), "type": .string(item.typeName),
            "additionChain": .count(item.additionChain),
            "maximumRatio": JSON(number: item.maximumRatio), "bound": JSON(number: item.bound),
            "rootMeanSquareRatio": JSON(number: item.rootMeanSquareRatio),
            "rootMeanSquareBound": JSON(number: item.rootMeanSquareBound),
            "agrees": .bool(item.agrees),
          ])
        }),
    ])
  }
}
