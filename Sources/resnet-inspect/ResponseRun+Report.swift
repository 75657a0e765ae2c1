import ResNetKit

extension Report {
  /// What the values of a network are like over images.
  ///
  /// - Parameter listed: the values whose channels are listed.
  init(_ run: ResponseRun, of model: Model, to images: String, channelsOf listed: Set<String>) {
    self.init(kind: "responses", title: "responses of \(model.network.name) to \(images)")
    let units = ResponseUnit.all(in: model.network, run)
    findings = run.findings + units.filter(\.isIdle).map(\.finding)
    facts = [
      Fact("model", "model", .text(model.network.name)), Fact("images", "images", .text(images)),
      Fact("imageCount", "number of images", .count(run.imageCount)),
      Fact("measured", "measured", .flag(true)),
    ]
    tables = [Self.values(run)]
    if !units.isEmpty { tables.append(Self.units(units)) }
    let line = ResponseFigure.Line(
      model: model.network.name, layers: ResponseLayer.all(in: model.network), run: run,
      isResidual: !units.isEmpty)
    if !line.layers.isEmpty {
      tables.append(Self.layers(line))
      figures = [Self.plot(line, isMeasured: true)]
    }
    if !listed.isEmpty {
      tables.append(Self.channels(run.values.filter { listed.contains($0.value) }))
    }
  }

  /// What batch normalization says of the values of a network that was shown nothing.
  init(estimatesOf model: Model) {
    self.init(
      kind: "responses", title: "responses of \(model.network.name), estimated from gamma and beta")
    let estimates = ResponseEstimate.all(in: model.network)
    facts = [
      Fact("model", "model", .text(model.network.name)), Fact("images", "images", .absent),
      Fact("imageCount", "number of images", .count(0)), Fact("measured", "measured", .flag(false)),
    ]
    var table = Table(
      "estimates", "Normalized values",
      [
        .init("value", "value"), .init("channels", "channels", .trailing),
        .init("mean", "mean", .trailing), .init("standardDeviation", "std", .trailing),
        .init("least", "least std", .trailing, dispensability: 1),
        .init("most", "largest std", .trailing, dispensability: 1),
      ])
    for node in model.network.nodes {
      guard let estimate = estimates[node.outputs[0]] else { continue }
      table.add([
        .text(node.outputs[0]), .count(estimate.means.count), .number(estimate.mean),
        .number(estimate.standardDeviation), .number(estimate.deviations.min() ?? 0),
        .number(estimate.deviations.max() ?? 0),
      ])
    }
    tables = [table]
    let line = ResponseFigure.Line(
      model: model.network.name, layers: ResponseLayer.all(in: model.network), run: nil,
      isResidual: !ResidualUnit.all(in: model.network).isEmpty)
    if !line.layers.isEmpty {
      tables.append(Self.layers(line))
      figures = [Self.plot(line, isMeasured: false)]
    }
    if table.rows.isEmpty {
      findings.append("nothing is normalized: without images there is nothing to say")
    }
    notes.append("no images: --random N or --input X.npz measure the responses")
  }
}

extension Report {
  private static func values(_ run: ResponseRun) -> Table {
    var table = Table(
      "values", "Values",
      [
        .init("value", "value"), .init("type", "type", dispensability: 3),
        .init("channels", "channels", .trailing, dispensability: 1),
      ] + statisticsColumns + [.init("dead", "dead", .trailing)])
    for value in run.values {
      table.add(
        [.text(value.value), .text(value.typeName), .count(value.channels.count)]
          + cells(of: value.whole)
          + [value.isRectified ? .count(value.deadChannels.count) : .absent])
    }
    return table
  }

  private static func channels(_ values: [ValueResponses]) -> Table {
    var table = Table(
      "channels", "Channels",
      [.init("value", "value"), .init("channel", "channel", .trailing)] + statisticsColumns)
    for value in values {
      for (index, channel) in value.channels.enumerated() {
        table.add([.text(value.value), .count(index)] + cells(of: channel))
      }
    }
    return table
  }

  private static let statisticsColumns: [Table.Column] = [
    .init("mean", "mean", .trailing), .init("standardDeviation", "std", .trailing),
    .init("minimum", "min", .trailing, dispensability: 1),
    .init("maximum", "max", .trailing, dispensability: 1),
    .init("zeros", "zeros", .trailing),
    .init("nonFinite", "not finite", .trailing, dispensability: 2),
    .init("subnormal", "subnormal", .trailing, dispensability: 4),
  ]

  private static func cells(of channel: ChannelStatistics) -> [Value] {
    let isKnown = channel.finiteCount > 0
    return [
      isKnown ? .number(channel.mean) : .absent,
      isKnown ? .number(channel.standardDeviation) : .absent,
      isKnown ? .number(channel.minimum) : .absent, isKnown ? .number(channel.maximum) : .absent,
      .share(channel.zeroShare), .count(channel.nonFiniteCount), .count(channel.subnormalCount),
    ]
  }

  private static func units(_ units: [ResponseUnit]) -> Table {
    var table = Table(
      "units", "Residual units",
      [
        .init("sum", "sum"), .init("branch", "branch", dispensability: 2),
        .init("shortcut", "shortcut", dispensability: 2),
        .init("branchEnergy", "branch, mean square", .trailing, dispensability: 1),
        .init("shortcutEnergy", "shortcut, mean square", .trailing, dispensability: 1),
        .init("ratio", "branch / shortcut", .trailing),
      ])
    for unit in units {
      table.add([
        .text(unit.unit.sum), .text(unit.unit.branch), .text(unit.unit.shortcut),
        .number(unit.branchEnergy), .number(unit.shortcutEnergy),
        unit.ratio.map { .number($0) } ?? .absent,
      ])
    }
    return table
  }

  private static func layers(_ line: ResponseFigure.Line) -> Table {
    var table = Table(
      "layers", "3×3 layers, after batch normalization and before the nonlinearity",
      [
        .init("index", "layer", .trailing), .init("convolution", "convolution"),
        .init("value", "response", dispensability: 1), .init("mean", "mean", .trailing),
        .init("standardDeviation", "std", .trailing),
        .init("estimatedMean", "mean by beta", .trailing, dispensability: 2),
        .init("estimate", "std by gamma", .trailing),
      ])
    for (index, (layer, mean, deviation)) in line.layers.enumerated() {
      table.add([
        .count(index + 1), .text(layer.convolution), .text(layer.value), .number(mean),
        .number(deviation), layer.estimate.map { .number($0.mean) } ?? .absent,
        layer.estimate.map { .number($0.standardDeviation) } ?? .absent,
      ])
    }
    return table
  }

  private static func plot(_ line: ResponseFigure.Line, isMeasured: Bool) -> Figure {
    var series: [Figure.Series] = []
    if isMeasured {
      series.append(
        .init(
          "measured",
          line.layers.enumerated().map { (Double($0 + 1), $1.standardDeviation) }))
    }
    let estimated = line.layers.enumerated().compactMap { index, entry in
      entry.layer.estimate.map { (Double(index + 1), $0.standardDeviation) }
    }
    if !estimated.isEmpty {
      series.append(.init("estimated from gamma", estimated, isDashed: isMeasured))
    }
    return Figure(
      "Standard deviations of the responses of 3×3 layers of \(line.model)",
      "The standard deviation of the response of each 3×3 layer in their order, after batch "
        + "normalization and before the nonlinearity.",
      .lines(x: .init("layer"), y: .init("standard deviation"), series))
  }
}

extension ResponseRun {
  /// What deserves attention, the worst first; at most ten values of a kind.
  fileprivate var findings: [String] {
    func lines(_ words: [String], _ kind: String) -> [String] {
      words.prefix(10) + (words.count > 10 ? ["\(words.count - 10) more values \(kind)"] : [])
    }
    let broken = values.filter { $0.whole.nonFiniteCount > 0 }.map { value in
      let whole = value.whole
      return
        "\(value.value): \(whole.nonFiniteCount.grouped) of \(whole.count.grouped) elements are "
        + "not finite"
    }
    let dead = values.filter { !$0.deadChannels.isEmpty }.map { value in
      let (dead, all) = (value.deadChannels.count, value.channels.count)
      let verb = all == 1 || dead == 1 ? "is" : "are"
      return dead == all
        ? "\(value.value): all \(all) channels are dead, nothing comes through"
        : "\(value.value): \(dead) of \(all) channels \(verb) dead"
    }
    let slow = values.filter { 1000 * $0.whole.subnormalCount > $0.whole.count }.map { value in
      "\(value.value): \(value.whole.subnormalCount.grouped) elements are subnormal"
    }
    return lines(broken, "are not finite") + lines(dead, "have dead channels")
      + lines(slow, "are subnormal")
  }
}

extension ResponseUnit {
  fileprivate var finding: String {
    "\(unit.sum): the branch has \((ratio ?? 0).short) of the shortcut's energy, the unit does next to "
      + "nothing"
  }
}
