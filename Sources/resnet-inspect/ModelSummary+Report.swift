import ResNetKit
import ToolSupport

extension ModelSummary {
  /// The table of layers, the totals and what the network is.
  func text() -> String {
    let statistics: [(title: String, alignment: TextTable.Alignment)] = [
      ("min", .trailing), ("max", .trailing), ("mean", .trailing), ("std", .trailing),
      ("zeros", .trailing), ("NaN/Inf/subnormal", .trailing),
    ]
    var table = TextTable(
      [
        ("layer", .leading), ("type", .leading), ("output", .leading), ("parameters", .trailing),
        ("MACs", .trailing),
      ] + (hasWeights ? statistics : []))
    for row in rows {
      table.add(
        [
          row.name, row.typeName, row.cost.outputShapes.map(\.description).joined(separator: " "),
          row.hasWeights ? row.cost.parameterCount.grouped : "",
          row.cost.multiplyAccumulates == 0 ? "" : row.cost.multiplyAccumulates.grouped,
        ] + (hasWeights ? row.statisticsCells : []))
    }
    var lines = [table.description, ""]
    lines.append("\(name): \(architecture)".printable())
    lines.append(
      "\(parameterCount.grouped) parameters (\(storedCount.grouped) numbers stored), "
        + "\((Double(multiplyAccumulates) / 1e9).fixed(3)) GMACs, "
        + "\((Double(activationByteCount) / 1e6).fixed(1)) MB of activations in float32")
    if !hasWeights {
      lines.append("a definition without weights: to convert or run it, give them as well")
    }
    let source = provenance
    let files = source.files.map { "\($0.name) (\($0.byteCount.grouped) bytes)" }
    lines.append("source: \(source.format), \(files.joined(separator: ", "))".printable())
    if let preprocessing {
      lines.append("preprocessing: \(preprocessing)")
    }
    if !labels.isEmpty {
      let labels = "\(labels.count), \(labels[0]) … \(labels.last!)"
      lines.append("labels: \(labels)".printable())
    }
    return lines.joined(separator: "\n")
  }

  /// The same as JSON.
  func json() -> JSON {
    .members([
      "name": .string(name),
      "architecture": .string(architecture.description),
      "publishedName": architecture.publishedName.map { .string($0) },
      "parameters": .count(parameterCount),
      "storedNumbers": .count(storedCount),
      "multiplyAccumulates": .count(multiplyAccumulates),
      "activationBytes": .count(activationByteCount),
      "hasWeights": .bool(hasWeights),
      "source": .string(provenance.format),
      "preprocessing": preprocessing.map { .string($0.description) },
      "labels": labels.isEmpty ? nil : .strings(labels),
      "notes": .strings(provenance.notes),
      "layers": .array(rows.map(\.json)),
    ])
  }
}

extension ModelSummary.Row {
  /// What the numbers of the weights look like; empty for a layer without.
  fileprivate var statisticsCells: [String] {
    guard let weights = statistics else { return [String](repeating: "", count: 6) }
    let odd = "\(weights.nanCount)/\(weights.infiniteCount)/\(weights.subnormalCount)"
    return [
      weights.minimum.short, weights.maximum.short, weights.mean.short,
      weights.standardDeviation.short, weights.zeroCount.grouped, odd == "0/0/0" ? "" : odd,
    ]
  }

  fileprivate var json: JSON {
    .members([
      "name": .string(name),
      "type": .string(typeName),
      "outputShapes": .array(cost.outputShapes.map { .integers($0.dimensions) }),
      "parameters": .count(cost.parameterCount),
      "multiplyAccumulates": .count(cost.multiplyAccumulates),
      "weights": statistics.map { weights in
        .members([
          "count": .count(weights.count), "minimum": JSON(number: weights.minimum),
          "maximum": JSON(number: weights.maximum), "mean": JSON(number: weights.mean),
          "standardDeviation": JSON(number: weights.standardDeviation),
          "zeros": .count(weights.zeroCount), "nan": .count(weights.nanCount),
          "infinite": .count(weights.infiniteCount), "subnormal": .count(weights.subnormalCount),
        ])
      },
    ])
  }
}
