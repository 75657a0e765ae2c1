import ResNetKit

extension Report {
  /// Figure 7 of the paper.
  ///
  /// - Parameter images: what the networks were shown; nil for nothing.
  init(_ figure: ResponseFigure, of images: String?) {
    self.init(kind: "figure7", title: "standard deviations of the responses of 3×3 layers")
    let sorted = figure.lines.sorted { $0.meanDeviation < $1.meanDeviation }
    if let least = sorted.first, let most = sorted.last, sorted.count > 1 {
      findings.append(
        "\(least.model) has the weakest responses (\(least.meanDeviation.short) on average), "
          + "\(most.model) the strongest (\(most.meanDeviation.short))")
    }
    var models = Table(
      "models", "Models",
      [
        .init("model", "model"), .init("layers", "3×3 layers", .trailing),
        .init("residual", "shortcuts"), .init("mean", "mean std", .trailing),
        .init("least", "least", .trailing), .init("most", "most", .trailing),
      ])
    var layers = Table(
      "layers", "Layers",
      [
        .init("model", "model"), .init("index", "layer", .trailing),
        .init("convolution", "convolution"), .init("value", "response", dispensability: 2),
        .init("normalized", "after BN", dispensability: 3), .init("mean", "mean", .trailing),
        .init("standardDeviation", "std", .trailing),
        .init("estimate", "std by gamma", .trailing, dispensability: 1),
      ])
    for line in figure.lines {
      let ranked = line.ranked
      models.add([
        .text(line.model), .count(line.layers.count), .flag(line.isResidual),
        .number(line.meanDeviation), ranked.last.map { .number($0) } ?? .absent,
        ranked.first.map { .number($0) } ?? .absent,
      ])
      for (index, (layer, mean, deviation)) in line.layers.enumerated() {
        layers.add([
          .text(line.model), .count(index + 1), .text(layer.convolution), .text(layer.value),
          .flag(layer.isNormalized), .number(mean), .number(deviation),
          layer.estimate.map { .number($0.standardDeviation) } ?? .absent,
        ])
      }
    }
    facts = [
      Fact("images", "images", images.map { .text($0) } ?? .absent),
      Fact("measured", "measured", .flag(images != nil)),
    ]
    tables = [models, layers]
    let how = images == nil ? "estimated from gamma and beta" : "measured"
    figures = [
      Self.plot("Layers in their order", "layer", how, figure.lines) {
        $0.layers.map(\.standardDeviation)
      },
      Self.plot("Layers by magnitude", "rank", how, figure.lines, \.ranked),
    ]
    if images == nil {
      notes.append(
        "no images: the responses are estimated from gamma and beta; --random N runs some")
    }
    if figure.lines.contains(where: { line in line.layers.contains { !$0.layer.isNormalized } }) {
      notes.append(
        "some layers are not normalized before the nonlinearity: their own outputs count")
    }
  }

  private static func plot(
    _ title: String, _ axis: String, _ how: String, _ lines: [ResponseFigure.Line],
    _ numbers: (ResponseFigure.Line) -> [Double]
  ) -> Figure {
    let series = lines.map { line in
      Figure.Series(
        line.model, numbers(line).enumerated().map { (Double($0 + 1), $1) },
        isDashed: !line.isResidual)
    }
    return Figure(
      title,
      "The standard deviation of the response of each 3×3 layer, \(how), of "
        + lines.map(\.model).joined(separator: ", ") + ".",
      .lines(x: .init(axis), y: .init("standard deviation"), series))
  }
}
