import ResNetKit
import ToolSupport

extension ModelSummary {
  /// The table of layers, the totals and what the network is.
  func text(of model: Model) -> String {
    var table = TextTable([
      ("layer", .leading), ("type", .leading), ("output", .leading), ("parameters", .trailing),
      ("MACs", .trailing), ("min", .trailing), ("max", .trailing), ("mean", .trailing),
      ("std", .trailing), ("zeros", .trailing), ("NaN/Inf/subnormal", .trailing),
    ])
    for row in rows {
      let weights = row.statistics
      let odd = weights.map { "\($0.nanCount)/\($0.infiniteCount)/\($0.subnormalCount)" }
      table.add([
        row.name, row.typeName, row.cost.outputShapes.map(\.description).joined(separator: " "),
        weights == nil ? "" : row.cost.parameterCount.grouped,
        row.cost.multiplyAccumulates == 0 ? "" : row.cost.multiplyAccumulates.grouped,
        weights?.minimum.short ?? "", weights?.maximum.short ?? "", weights?.mean.short ?? "",
        weights?.standardDeviation.short ?? "", weights.map { $0.zeroCount.grouped } ?? "",
        odd == "0/0/0" ? "" : odd ?? "",
      ])
    }
    var lines = [table.description, ""]
    lines.append("\(model.network.name): \(architecture)".printable())
    lines.append(
      "\(parameterCount.grouped) parameters (\(storedCount.grouped) numbers stored), "
        + "\((Double(multiplyAccumulates) / 1e9).fixed(3)) GMACs, "
        + "\((Double(activationByteCount) / 1e6).fixed(1)) MB of activations in float32")
    let source = model.provenance
    let files = source.files.map { "\($0.name) (\($0.byteCount.grouped) bytes)" }
    lines.append("source: \(source.format), \(files.joined(separator: ", "))".printable())
    if let preprocessing = model.preprocessing {
      lines.append("preprocessing: \(preprocessing)")
    }
    if !model.labels.isEmpty {
      let labels = "\(model.labels.count), \(model.labels[0]) … \(model.labels.last!)"
      lines.append("labels: \(labels)".printable())
    }
    return lines.joined(separator: "\n")
  }

  /// The same as JSON.
  func json(of model: Model) -> JSON {
    .members([
      "name": .string(model.network.name),
      "architecture": .string(architecture.description),
      "publishedName": architecture.publishedName.map { .string($0) },
      "parameters": .count(parameterCount),
      "storedNumbers": .count(storedCount),
      "multiplyAccumulates": .count(multiplyAccumulates),
      "activationBytes": .count(activationByteCount),
      "source": .string(model.provenance.format),
      "preprocessing": model.preprocessing.map { .string($0.description) },
      "labels": model.labels.isEmpty ? nil : .strings(model.labels),
      "notes": .strings(model.provenance.notes),
      "layers": .array(rows.map(\.json)),
    ])
  }
}

extension ModelSummary.Row {
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
