/// Figure 7 of "Deep Residual Learning": how strong the responses of the 3×3 convolutions of some
/// networks are.
public struct ResponseFigure: Sendable {
  /// One network.
  public struct Line: Sendable {
    /// Its name.
    public var model: String
    /// The layers in their order, each with the mean and the standard deviation of its responses.
    public var layers: [(layer: ResponseLayer, mean: Double, standardDeviation: Double)]
    /// Whether they were measured; else they are estimated from batch normalization.
    public var isMeasured: Bool
    /// Whether the network has shortcuts.
    public var isResidual: Bool

    /// The layers of a network.
    ///
    /// - Parameter run: what was measured; without it, layers that are not normalized have no
    ///   estimate and are left out.
    public init(model: String, layers: [ResponseLayer], run: ResponseRun?, isResidual: Bool) {
      self.model = model
      isMeasured = run != nil
      self.isResidual = isResidual
      self.layers = layers.compactMap { layer in
        if let run {
          return run.value(layer.value).map(\.whole).map { ($0, layer) }
            .map { ($1, $0.mean, $0.standardDeviation) }
        }
        return layer.estimate.map { (layer, $0.mean, $0.standardDeviation) }
      }
    }

    /// The standard deviations from the largest to the smallest.
    public var ranked: [Double] { layers.map(\.standardDeviation).sorted(by: >) }
    /// The mean of the standard deviations.
    public var meanDeviation: Double {
      layers.isEmpty
        ? 0 : layers.reduce(0) { $0 + $1.standardDeviation } / Double(layers.count)
    }
  }

  /// The networks.
  public var lines: [Line]

  /// A figure of some networks.
  public init(lines: [Line]) { self.lines = lines }
}
