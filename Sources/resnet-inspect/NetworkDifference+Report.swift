import ResNetKit

extension Report {
  /// What two networks differ in.
  ///
  /// - Parameter listsAll: whether layers without a difference are in the table.
  init(
    _ difference: NetworkDifference, of first: String, and second: String, listsAll: Bool
  ) {
    self.init(kind: "diff", title: "\(first) and \(second)")
    findings = difference.findings.map(\.words)
    let layers = difference.layers
    facts = [
      Fact("first", "first", .text(first)), Fact("second", "second", .text(second)),
      Fact("same", "no difference", .flag(difference.isSame)),
      Fact("layers", "layers in both", .count(layers.count)),
      Fact("differing", "of these differ", .count(layers.count { !$0.isSame })),
      Fact("rewritten", "written otherwise", .count(layers.count { $0.rewriting != nil })),
    ]
    var table = Table(
      "differences", listsAll ? "Layers" : "Layers that differ",
      [
        .init("first", "first"), .init("second", "second", dispensability: 2),
        .init("type", "type", dispensability: 3), .init("same", "same", dispensability: 4),
        .init("relation", "difference"), .init("weight", "weight", dispensability: 5),
        .init("relativeL2", "relative L2", .trailing), .init("cosine", "cosine", .trailing),
        .init("maximum", "largest", .trailing, dispensability: 1),
        .init("place", "at", .trailing, dispensability: 1),
      ])
    for layer in layers where listsAll || !layer.isSame { table.add(Self.row(layer)) }
    tables = [table]
    var settings = Table(
      "settings", "Settings",
      [
        .init("layer", "layer"), .init("setting", "setting"), .init("first", "first"),
        .init("second", "second"),
      ])
    for layer in layers {
      for setting in layer.settings {
        settings.add([
          .text(layer.name), .text(setting.name), .text(setting.first), .text(setting.second),
        ])
      }
    }
    if !settings.rows.isEmpty { tables.append(settings) }
    var single = Table(
      "single", "Layers that only one has",
      [.init("in", "in"), .init("layer", "layer"), .init("type", "type")])
    for node in difference.onlyInFirst {
      single.add([.text("first"), .text(node.name), .text(node.layer.typeName)])
    }
    for node in difference.onlyInSecond {
      single.add([.text("second"), .text(node.name), .text(node.layer.typeName)])
    }
    if !single.rows.isEmpty { tables.append(single) }
    figures = [Self.cells(of: difference)]
    for input in difference.inputs {
      notes.append("the definitions name other images: \(input.first) and \(input.second)")
    }
  }

  private static func row(_ layer: NetworkDifference.Layer) -> [Value] {
    let weight = layer.mainWeight
    let isMeasured = weight.map { !$0.isSame && $0.maximum != 0 } ?? false
    return [
      .text(layer.first.joined(separator: " + ")), .text(layer.second.joined(separator: " + ")),
      .text(layer.typeName), .flag(layer.isSame), .text(layer.words),
      weight.map { .text($0.first.isEmpty ? $0.second : $0.first) } ?? .absent,
      isMeasured ? .number(weight?.relativeL2 ?? 0) : .absent,
      isMeasured ? weight?.cosine.map { .number($0, digits: 6) } ?? .absent : .absent,
      isMeasured ? .number(weight?.maximum ?? 0) : .absent,
      isMeasured ? weight?.place.map { .count($0) } ?? .absent : .absent,
    ]
  }

  /// One cell for each layer, as strong as what differs.
  private static func cells(of difference: NetworkDifference) -> Figure {
    var rows = [
      Figure.CellRow(
        "layers in both",
        difference.layers.map { layer in
          (layer.distance, "\(layer.name): \(layer.words)")
        })
    ]
    for (name, nodes) in [
      ("only in the first", difference.onlyInFirst),
      ("only in the second", difference.onlyInSecond),
    ] where !nodes.isEmpty {
      rows.append(
        Figure.CellRow(name, nodes.map { (nil, "\($0.name): \($0.layer.typeName)") }))
    }
    return Figure(
      "Where the models differ",
      "One cell for each layer in order, the stronger the further its weights are apart; another "
        + "colour where they cannot be compared.",
      .cells(scale: .init("relative difference", 0...1), rows))
  }
}

extension NetworkDifference.Layer {
  /// How far the weights are apart, from 0 to 1; NaN where they cannot be compared.
  fileprivate var distance: Double {
    guard !isSame else { return 0 }
    let worst = weights.filter { !$0.isSame }
    if !settings.isEmpty || keepsOrder || worst.contains(where: { $0.relation == .reshaped }) {
      return .nan
    }
    return min(worst.map { $0.maximum == 0 ? 1 : max($0.relativeL2, 0.05) }.max() ?? 1, 1)
  }

  /// What differs, in words.
  fileprivate var words: String {
    if isSame { return rewriting ?? "none" }
    var parts = settings.map { "\($0.name) \($0.first), \($0.second)" }
    if let weight = mainWeight, !weight.isSame { parts.append(weight.words) }
    if keepsOrder { parts.append("keeps the first network's order of channels") }
    return parts.joined(separator: "; ")
  }
}

extension WeightDifference {
  fileprivate var words: String {
    switch relation {
    case .equal: "equal"
    case .equivalent: "stored otherwise"
    case .rounded(let type, let inSecond):
      "rounded to \(type) in the \(inSecond ? "second" : "first")"
    case .permuted(let order):
      "\(order.indices.count { order[$0] != $0 }) of \(order.count) channels in another order"
    case .reduced(let removed): "\(removed.count) channels removed"
    case .zeroed(let channels, let share, let inSecond):
      (channels.isEmpty
        ? "\((100 * share).fixed(1)) % of the numbers" : "\(channels.count) channels")
        + " zero in the \(inSecond ? "second" : "first")"
    case .scaled(let factor): "times \(factor.short)"
    case .scaledByChannel: "times a factor for each channel"
    case .partly(let channels): "\(channels.count) channel\(channels.count == 1 ? "" : "s") differ"
    case .different: "differs"
    case .reshaped:
      "\(shapes.first?.description ?? "nothing") and \(shapes.second?.description ?? "nothing")"
    case .moved(let name): "is \(name)"
    case .missing(let inSecond): "not in the \(inSecond ? "second" : "first")"
    }
  }
}
