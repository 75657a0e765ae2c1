import ResNetKit
import ToolSupport

extension WeightInspection {
  /// What was found, as a report.
  ///
  /// - Parameter channels: whether each output channel has a row.
  func report(on name: String, notes: [String], channels: Bool) -> Report {
    var report = Report(kind: "weights", title: "\(name): weights")
    report.findings = WeightFinding.sentences(findings)
    report.facts = facts
    report.tables = [tensorTable]
    if !normalizations.isEmpty { report.tables.append(normalizationTable) }
    if channels {
      report.tables.append(channelTable)
      if !normalizations.isEmpty { report.tables.append(normalizedChannelTable) }
    }
    report.figures = figures
    report.notes = notes
    return report
  }

  private var facts: [Report.Fact] {
    let numbers = tensors.reduce(0) { $0 + $1.moments.count }
    let zeros = tensors.reduce(0) { $0 + $1.moments.zeroCount }
    var kernels = RoundingSum()
    for tensor in tensors where tensor.shape.rank >= 2 { kernels.add(tensor.cost) }
    return [
      .init("tensorCount", "tensors", .count(tensors.count)),
      .init("numberCount", "numbers", .count(numbers)),
      .init(
        "byteCount", "bytes",
        .count(tensors.reduce(0) { $0 + $1.moments.count * $1.elementType.byteCount })),
      .init("zeroShare", "zeros", numbers == 0 ? .absent : .share(Double(zeros) / Double(numbers))),
      .init("float16SQNR", "kernels as float16, dB", .decibels(kernels.float16)),
      .init("bfloat16SQNR", "kernels as bfloat16, dB", .decibels(kernels.bfloat16)),
      .init("int8SQNR", "kernels as int8 per tensor, dB", .decibels(kernels.int8)),
      .init(
        "channelInt8SQNR", "kernels as int8 per channel, dB", .decibels(kernels.channelInt8)),
    ]
  }

  private var tensorTable: Report.Table {
    var table = Report.Table(
      "tensors", "Tensors",
      [
        .init("name", "tensor"), .init("type", "type", dispensability: 8),
        .init("shape", "shape", .trailing, dispensability: 6),
        .init("count", "numbers", .trailing, dispensability: 7),
        .init("minimum", "min", .trailing, dispensability: 3),
        .init("maximum", "max", .trailing, dispensability: 3),
        .init("mean", "mean", .trailing, dispensability: 2),
        .init("standardDeviation", "std", .trailing),
        .init("norm", "norm", .trailing, dispensability: 9),
        .init("zeros", "zeros", .trailing, dispensability: 1),
        .init("outliers", "outliers", .trailing, dispensability: 5),
        .init("subnormals", "subnormal", .trailing, dispensability: 13),
        .init("nan", "NaN", .trailing, dispensability: 12),
        .init("infinite", "Inf", .trailing, dispensability: 12),
        .init("firstNonFinite", "first of these", .trailing, dispensability: 14),
        .init("zeroFilters", "zero filters", .trailing, dispensability: 10),
        .init("constantFilters", "constant", .trailing, dispensability: 11),
        .init("duplicateFilters", "equal", .trailing, dispensability: 11),
        .init("sqnr.float16", "f16 dB", .trailing, dispensability: 9),
        .init("sqnr.bfloat16", "bf16 dB", .trailing, dispensability: 9),
        .init("sqnr.int8", "int8 dB", .trailing, dispensability: 4),
        .init("sqnr.channelInt8", "int8/channel dB", .trailing, dispensability: 5),
        .init("float16Overflows", "f16 overflows", .trailing, dispensability: 14),
        .init("histogram", "histogram", dispensability: 1),
      ])
    for tensor in tensors { table.add(tensor.row) }
    return table
  }

  private var normalizationTable: Report.Table {
    var table = Report.Table(
      "normalizations", "Batch normalizations",
      [
        .init("layer", "layer"), .init("channels", "channels", .trailing, dispensability: 4),
        .init("epsilon", "epsilon", .trailing, dispensability: 5),
        .init("factor", "factor", .trailing, dispensability: 7),
        .init("training", "statistics", dispensability: 6),
        .init("variance.minimum", "least variance", .trailing),
        .init("variance.maximum", "largest", .trailing),
        .init("variance.small", "below epsilon", .trailing, dispensability: 1),
        .init("variance.huge", "huge", .trailing, dispensability: 2),
        .init("gamma.minimum", "least |gamma|", .trailing),
        .init("gamma.maximum", "largest", .trailing),
        .init("gamma.zero", "0", .trailing, dispensability: 1),
        .init("gamma.small", "near 0", .trailing, dispensability: 2),
        .init("largestFactor", "largest factor", .trailing, dispensability: 3),
      ])
    for layer in normalizations { table.add(layer.row) }
    return table
  }

  private var channelTable: Report.Table {
    var table = Report.Table(
      "channels", "Filters",
      [
        .init("layer", "layer"), .init("channel", "channel", .trailing),
        .init("minimum", "min", .trailing, dispensability: 2),
        .init("maximum", "max", .trailing, dispensability: 2),
        .init("mean", "mean", .trailing, dispensability: 1),
        .init("standardDeviation", "std", .trailing), .init("norm", "norm", .trailing),
        .init("zeros", "zeros", .trailing, dispensability: 3),
        .init("int8SQNR", "int8 dB", .trailing, dispensability: 4),
        .init("isConstant", "constant", dispensability: 5),
        .init("equals", "equals", .trailing, dispensability: 5),
      ])
    for tensor in tensors {
      for (index, channel) in tensor.channels.enumerated() {
        let moments = channel.moments
        table.add(
          [.text(tensor.layer ?? tensor.name), .count(index)] + moments.range + [
            .number(moments.norm), .count(moments.zeroCount),
            .decibels((moments.energy, channel.int8Noise)), .flag(moments.isConstant),
            channel.duplicated.map { .count($0) } ?? .absent,
          ])
      }
    }
    return table
  }

  private var normalizedChannelTable: Report.Table {
    var table = Report.Table(
      "normalizedChannels", "Channels of batch normalizations",
      [
        .init("layer", "layer"), .init("channel", "channel", .trailing),
        .init("mean", "mean", .trailing), .init("variance", "variance", .trailing),
        .init("gamma", "gamma", .trailing), .init("beta", "beta", .trailing),
        .init("factor", "factor", .trailing),
      ])
    for layer in normalizations {
      for channel in layer.variances.indices {
        table.add([
          .text(layer.layer), .count(channel), .number(layer.means[channel]),
          .number(layer.variances[channel]), layer.gammas.map { .number($0[channel]) } ?? .absent,
          layer.betas.map { .number($0[channel]) } ?? .absent,
          .number(layer.factor(of: channel)),
        ])
      }
    }
    return table
  }
}

extension TensorStatistics {
  fileprivate var row: [Report.Value] {
    func filters(_ isMeant: (Channel) -> Bool) -> Report.Value {
      channels.isEmpty ? .absent : .count(channels.count(where: isMeant))
    }
    return [.text(name), .text(elementType.rawValue), .extents(shape.dimensions)]
      + [.count(moments.count)] + moments.range
      + [
        .number(moments.norm), .count(moments.zeroCount), .count(outlierCount),
        .count(moments.subnormalCount), .count(moments.nanCount), .count(moments.infiniteCount),
        firstNonFinite.map { .count($0) } ?? .absent, filters { $0.moments.isZero },
        filters { $0.moments.isConstant && !$0.moments.isZero }, filters { $0.duplicated != nil },
        .decibels((cost.signal, cost.float16Noise)), .decibels((cost.signal, cost.bfloat16Noise)),
        .decibels((cost.signal, cost.int8Noise)),
        .decibels(cost.channelInt8Noise.map { (cost.signal, $0) }),
        .count(cost.float16OverflowCount), .histogram(histogram),
      ]
  }
}

extension NormalizationStatistics {
  fileprivate var row: [Report.Value] {
    func extreme(_ values: [Double]?, _ choose: ([Double]) -> Double?) -> Report.Value {
      values.flatMap { choose($0.filter(\.isFinite)) }.map { .number($0) } ?? .absent
    }
    let magnitudes = gammas?.map(abs)
    let factors = variances.indices.map { abs(factor(of: $0)) }
    return [
      .text(layer), .count(variances.count), .number(epsilon),
      factor.map { .number($0) } ?? .absent, .text(training.rawValue),
      extreme(variances) { $0.min() }, extreme(variances) { $0.max() },
      .count(smallVariances.count), .count(largeVariances.count),
      extreme(magnitudes) { $0.min() }, extreme(magnitudes) { $0.max() },
      .count(zeroGammas.count), .count(smallGammas.count), extreme(factors) { $0.max() },
    ]
  }
}

extension ElementMoments {
  /// Minimum, maximum, mean and deviation; nothing where no element is finite.
  fileprivate var range: [Report.Value] {
    guard finiteCount > 0 else { return Array(repeating: .absent, count: 4) }
    return [.number(minimum), .number(maximum), .number(mean), .number(standardDeviation)]
  }
}

extension Report.Value {
  /// A ratio of energies in decibels; nothing where there is no signal.
  fileprivate static func decibels(_ energies: (signal: Double, noise: Double)?) -> Self {
    guard let energies, let ratio = RoundingCost.decibels(energies.signal, energies.noise) else {
      return .absent
    }
    return .number(ratio, digits: 1)
  }
}

/// The energies of several tensors.
private struct RoundingSum {
  var float16 = (signal: 0.0, noise: 0.0)
  var bfloat16 = (signal: 0.0, noise: 0.0)
  var int8 = (signal: 0.0, noise: 0.0)
  /// Of tensors with channels; nil if there is none.
  var channelInt8: (signal: Double, noise: Double)?

  mutating func add(_ cost: RoundingCost) {
    func join(_ sum: inout (signal: Double, noise: Double), _ noise: Double) {
      sum = (sum.signal + cost.signal, sum.noise + noise)
    }
    join(&float16, cost.float16Noise)
    join(&bfloat16, cost.bfloat16Noise)
    join(&int8, cost.int8Noise)
    guard let noise = cost.channelInt8Noise else { return }
    var sum = channelInt8 ?? (0, 0)
    join(&sum, noise)
    channelInt8 = sum
  }
}
