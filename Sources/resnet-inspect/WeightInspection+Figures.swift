import ResNetKit

extension WeightInspection {
  /// More rows of cells nobody tells apart.
  private static let mostRows = 240

  /// The deviations of the kernels, and their histograms.
  var figures: [Report.Figure] {
    let kernels = tensors.filter { $0.shape.rank >= 2 && $0.moments.finiteCount > 0 }
    guard !kernels.isEmpty else { return [] }
    func series(_ name: String, _ number: (ElementMoments) -> Double) -> Report.Figure.Series {
      .init(
        name,
        kernels.enumerated().compactMap { index, tensor in
          let value = number(tensor.moments)
          // A logarithm shows no 0.
          return value > 0 ? (Double(index), value) : nil
        })
    }
    let deviations = Report.Figure(
      "Kernels in the order of the layers",
      "The standard deviation and the largest magnitude of each of \(kernels.count) kernels.",
      .lines(
        x: .init("kernel"), y: .init("weight", isLogarithmic: true),
        [
          series("largest magnitude", \.magnitude),
          series("standard deviation", \.standardDeviation),
        ]
      ))
    let rows = kernels.filter { !$0.histogram.isEmpty }.prefix(Self.mostRows).map(\.cells)
    guard !rows.isEmpty else { return [deviations] }
    let histograms = Report.Figure(
      "Histograms of the kernels",
      "A row for each kernel, from its smallest weight to its largest in "
        + "\(TensorStatistics.binCount) bins; the colour is the count beside that of the fullest bin.",
      .cells(scale: .init("count over that of the fullest bin", 0...1), Array(rows)))
    return [deviations, histograms]
  }
}

extension TensorStatistics {
  fileprivate var cells: Report.Figure.CellRow {
    let fullest = Double(histogram.max() ?? 1)
    let width = (moments.maximum - moments.minimum) / Double(histogram.count)
    return .init(
      layer ?? name,
      histogram.enumerated().map { bin, count in
        let from = moments.minimum + Double(bin) * width
        return (
          Double(count) / fullest,
          "\(count.grouped) of \(moments.count.grouped) from \(from.short) to \((from + width).short)"
        )
      })
  }
}
