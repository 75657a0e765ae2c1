public import Files

extension ReadingOptions {
  /// Options that only some models have a use for.
  public enum Use: Sendable, CaseIterable {
    /// A model of Caffe.
    case caffe
    /// A model of Keras.
    case keras
    /// Weights of Keras without a definition.
    case inference

    fileprivate var models: String {
      switch self {
      case .caffe: "models of Caffe"
      case .keras: "models of Keras"
      case .inference: "weights of Keras without a definition"
      }
    }
  }

  /// Refuses options that a model has no use for: the user expects them to change something.
  ///
  /// - Throws: `FormatError` of kind `usage` naming the first that was given.
  public func refuse(_ uses: Use...) throws(FormatError) {
    for use in uses {
      guard let option = given(for: use).first else { continue }
      throw FormatError(.usage, "\(option) is for \(use.models) only")
    }
  }

  /// The options that were given and have a use for some models only, as the tools call them.
  public var given: [String] { Use.allCases.flatMap(given) }

  /// The options for a use that differ from their defaults, as the tools call them.
  private func given(for use: Use) -> [String] {
    let options: [(name: String, isGiven: Bool)] =
      switch use {
      case .caffe:
        [
          ("--ignore-unknown-fields", !ignoredFields.isEmpty),
          ("--ignore-extra-weights", ignoresExtraWeights),
          ("--stage", !caffeState.stages.isEmpty), ("--level", caffeState.level != nil),
          ("--phase", caffeState.phase != .test), ("--caffe-dialect", caffeDialect != .auto),
          ("--bn-statistic", bnStatistic != .variance),
          ("--column-major-kernels", hasColumnMajorKernels),
        ]
      case .keras:
        [("--kernels", kernels != .auto), ("--running-std", runningDeviation != .auto)]
      case .inference:
        [
          ("--stride", assumptions.stride != nil), ("--epsilon", assumptions.epsilon != nil),
          ("--pool-padding", assumptions.padsPooling != nil),
        ]
      }
    return options.filter(\.isGiven).map(\.name)
  }
}
