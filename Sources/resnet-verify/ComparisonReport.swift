import ResNetKit
import ToolSupport

extension ModelComparison {
  /// The verdict where nothing need be compared.
  static let identicalText = "EQUAL: the files are the same, byte for byte; nothing was run"

  /// The same as JSON: nothing differs, and no value was computed.
  static let identicalFiles = JSON.members([
    "passes": .bool(true), "identicalFiles": .bool(true), "compared": .count(0),
    "weightDifferences": .array([]), "shapeDifferences": .array([]), "onlyInFirst": .array([]),
    "onlyInSecond": .array([]), "values": .array([]),
  ])

  /// What differs first, then what agrees, what was not compared, and the verdict.
  var text: String {
    var lines = weights.differences.map { "\($0.name): \($0.reason)".printable() }
    lines += shapeDifferences.map {
      "\($0.value): \($0.shapes.first) and \($0.shapes.second)".printable()
    }
    var table = TextTable([
      ("value", .leading), ("in the second", .leading), ("max error", .trailing),
      ("relative L2", .trailing), ("bound", .trailing), ("verdict", .leading),
    ])
    for item in values.filter({ !$0.agrees }) + values.filter(\.agrees) {
      table.add([
        item.value, item.second == item.value ? "" : item.second, item.deviation.maximum.short,
        item.deviation.relativeL2.short, item.bound.short, item.agrees ? "good" : "DIVERGES",
      ])
    }
    lines += [table.description, ""]
    for (side, names) in [("first", onlyInFirst), ("second", onlyInSecond)] where !names.isEmpty {
      lines.append("only in the \(side) model: \(listed(names))".printable())
    }
    lines.append(
      "weights: \(weights.equalCount) bit-equal, \(weights.equivalentCount) equal but for how they "
        + "are stored, \(weights.reshaped.count) of another shape, \(weights.differences.count) differ"
    )
    lines.append(
      "\(verdict): compared \(values.count) values of \(values.count + notComparedInFirst) in the "
        + "first model and \(values.count + notComparedInSecond) in the second")
    return lines.joined(separator: "\n")
  }

  private var notComparedInFirst: Int { onlyInFirst.count + shapeDifferences.count }
  private var notComparedInSecond: Int { onlyInSecond.count + shapeDifferences.count }

  private var verdict: String {
    if passes { return "EQUAL" }
    if let first = firstDiverging {
      return "NOT EQUAL, first at \(first.value.printable()) "
        + "(error \(first.deviation.maximum.short), bound \(first.bound.short))"
    }
    if let weight = weights.differences.first {
      return "NOT EQUAL, in the weight \(weight.name.printable())"
    }
    return "NOT EQUAL, other outputs"
  }

  private func listed(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown), and \(names.count - 8) more" : shown
  }

  /// The same as JSON.
  var json: JSON {
    .members([
      "passes": .bool(passes),
      "compared": .count(values.count),
      "firstDiverging": firstDiverging.map { .string($0.value) },
      "equalWeights": .count(weights.equalCount),
      "equivalentWeights": .count(weights.equivalentCount),
      "reshapedWeights": weights.reshaped.json,
      "weightDifferences": weights.differences.json,
      "onlyInFirst": .strings(onlyInFirst),
      "onlyInSecond": .strings(onlyInSecond),
      "shapeDifferences": .array(
        shapeDifferences.map {
          .members([
            "value": .string($0.value), "second": .string($0.second),
            "firstShape": .integers($0.shapes.first.dimensions),
            "secondShape": .integers($0.shapes.second.dimensions),
          ])
        }),
      "values": .array(
        values.map { item in
          .members([
            "value": .string(item.value), "second": .string(item.second),
            "maximumError": JSON(number: item.deviation.maximum),
            "relativeL2": JSON(number: item.deviation.relativeL2),
            "bound": JSON(number: item.bound), "agrees": .bool(item.agrees),
          ])
        }),
    ])
  }
}

extension [WeightComparison.Difference] {
  fileprivate var json: JSON {
    .array(map { .members(["name": .string($0.name), "reason": .string($0.reason)]) })
  }
}
