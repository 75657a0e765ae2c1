import ResNetKit

extension ModelSummary {
  /// The layers, their sums by stage and by unit, the totals and what the network is.
  func report() -> Report {
    var report = Report(
      kind: "summary",
      title: "\(name): \(parameterCount.grouped) parameters, "
        + "\((Double(multiplyAccumulates) / 1e9).fixed(3)) GMACs")
    if !hasWeights {
      report.findings.append(
        "a definition without weights: to convert or run it, give them as well")
    }
    report.facts = facts
    report.tables = [layers, partTable("stages", .stages), partTable("units", .units)]
    report.figures = figures
    report.notes = provenance.notes
    return report
  }

  private var facts: [Report.Fact] {
    [
      .init("name", "name", .text(name)),
      .init("architecture", "architecture", .text(architecture.description)),
      .init(
        "publishedName", "published as", architecture.publishedName.map { .text($0) } ?? .absent),
      .init("parameters", "parameters", .count(parameterCount)),
      .init("storedNumbers", "numbers stored", .count(storedCount)),
      .init("multiplyAccumulates", "MACs", .count(multiplyAccumulates)),
      .init("operations", "FLOPs, two a MAC", .count(operationCount)),
      .init("activationBytes", "bytes of activations", .count(activationByteCount)),
      .init("hasWeights", "has weights", .flag(hasWeights)),
      .init("source", "source", .text(provenance.format)),
      .init(
        "files", "files",
        .list(
          provenance.files.map { .text("\($0.name) (\($0.byteCount.grouped) bytes)") })),
      .init("preprocessing", "preprocessing", preprocessing.map { .text("\($0)") } ?? .absent),
      .init("labels", "labels", labels.isEmpty ? .absent : .list(labels.map { .text($0) })),
    ]
  }

  private static let layerColumns: [Report.Table.Column] = [
    .init("name", "layer"), .init("type", "type", dispensability: 1),
    .init("part", "part", dispensability: 7), .init("inputs", "reads", dispensability: 12),
    .init("outputShapes", "output"), .init("kernel", "kernel", dispensability: 2),
    .init("stride", "stride", dispensability: 4), .init("padding", "padding", dispensability: 9),
    .init("dilation", "dilation", dispensability: 13),
    .init("groups", "groups", .trailing, dispensability: 13),
    .init("receptiveField", "field", dispensability: 8),
    .init("parameters", "parameters", .trailing),
    .init("parameterShare", "share", .trailing, dispensability: 5),
    .init("multiplyAccumulates", "MACs", .trailing),
    .init("multiplyAccumulateShare", "share", .trailing, dispensability: 3),
    .init("operations", "FLOPs", .trailing, dispensability: 10),
    .init("activationBytes", "bytes", .trailing, dispensability: 6),
  ]
  private static let weightColumns: [Report.Table.Column] = [
    .init("weights.count", "numbers", .trailing, dispensability: 13),
    .init("weights.minimum", "min", .trailing, dispensability: 11),
    .init("weights.maximum", "max", .trailing, dispensability: 11),
    .init("weights.mean", "mean", .trailing, dispensability: 11),
    .init("weights.standardDeviation", "std", .trailing, dispensability: 11),
    .init("weights.zeros", "zeros", .trailing, dispensability: 11),
  ]

  private var layers: Report.Table {
    // What is nowhere needs no room.
    let odd = rows.contains { row in
      row.statistics.map { $0.nanCount + $0.infiniteCount + $0.subnormalCount > 0 } ?? false
    }
    let oddColumns = [
      ("weights.nan", "NaN"), ("weights.infinite", "Inf"), ("weights.subnormal", "subnormal"),
    ].map { id, title in
      Report.Table.Column(id, title, .trailing, dispensability: odd ? 2 : 14)
    }
    var table = Report.Table(
      "layers", "Layers", Self.layerColumns + Self.weightColumns + oddColumns)
    for row in rows { table.add(cells(of: row)) }
    return table
  }

  private func cells(of row: Row) -> [Report.Value] {
    let cost = row.cost
    let window: [Report.Value] =
      row.window.map { window in
        [
          window.kernel.value, window.stride.value, window.padding.value, window.dilation.value,
          .count(window.groups),
        ]
      } ?? [Report.Value](repeating: .absent, count: 5)
    let weights: [Report.Value] =
      row.statistics.map { weights in
        [
          .count(weights.count), .number(weights.minimum), .number(weights.maximum),
          .number(weights.mean), .number(weights.standardDeviation), .count(weights.zeroCount),
          .count(weights.nanCount), .count(weights.infiniteCount), .count(weights.subnormalCount),
        ]
      } ?? [Report.Value](repeating: .absent, count: 9)
    return [
      .text(row.name), .text(row.typeName), .text(row.section.name(by: .units)),
      .list(row.inputs.map { .text($0) }),
      .list(cost.outputShapes.map { .extents($0.dimensions) }),
    ] + window + [
      row.receptiveField?.value ?? .absent, .count(cost.parameterCount),
      share(cost.parameterCount, of: parameterCount), .count(cost.multiplyAccumulates),
      share(cost.multiplyAccumulates, of: multiplyAccumulates), .count(cost.operationCount),
      .count(cost.activationByteCount),
    ] + weights
  }

  private func share(_ part: Int, of whole: Int) -> Report.Value {
    part == 0 || whole == 0 ? .absent : .share(Double(part) / Double(whole))
  }

  private func partTable(_ id: String, _ grouping: Grouping) -> Report.Table {
    var table = Report.Table(
      id, grouping == .stages ? "By stage" : "By unit",
      [
        .init("part", "part"), .init("layers", "layers", .trailing, dispensability: 3),
        .init("outputShape", "output"),
        .init("receptiveField", "field", dispensability: 4),
        .init("parameters", "parameters", .trailing),
        .init("parameterShare", "share", .trailing, dispensability: 1),
        .init("multiplyAccumulates", "MACs", .trailing),
        .init("multiplyAccumulateShare", "share", .trailing, dispensability: 1),
        .init("operations", "FLOPs", .trailing, dispensability: 5),
        .init("activationBytes", "bytes", .trailing, dispensability: 2),
      ])
    for part in parts(by: grouping) {
      table.add([
        .text(part.name), .count(part.layerCount),
        part.outputShape.map { .extents($0.dimensions) } ?? .absent,
        part.receptiveField?.value ?? .absent, .count(part.parameterCount),
        share(part.parameterCount, of: parameterCount), .count(part.multiplyAccumulates),
        share(part.multiplyAccumulates, of: multiplyAccumulates), .count(part.operationCount),
        .count(part.activationByteCount),
      ])
    }
    return table
  }

  private var figures: [Report.Figure] {
    let parts = parts(by: .units)
    func series(_ name: String, _ value: (Part) -> Int, of whole: Int) -> Report.Figure.Series {
      let shares = parts.enumerated().map { index, part in
        (x: Double(index), y: 100 * Double(value(part)) / Double(max(whole, 1)))
      }
      return .init(name, shares)
    }
    return [
      Report.Figure(
        "\(name): where parameters and multiply-accumulates are",
        "Bars for each part of the network, from its input to its output: its share of all "
          + "parameters, of all multiply-accumulates and of all bytes of activations.",
        .bars(
          x: .init("", names: parts.map(\.name)), y: .init("share, %"),
          [
            series("parameters", \.parameterCount, of: parameterCount),
            series("MACs", \.multiplyAccumulates, of: multiplyAccumulates),
            series("activations", \.activationByteCount, of: activationByteCount),
          ]))
    ]
  }
}

extension Extent {
  fileprivate var value: Report.Value { .extents([height, width]) }
}

extension Padding {
  /// Top, left, bottom, right.
  fileprivate var value: Report.Value { .extents([top, left, bottom, right]) }
}
