internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// What was read of a model's files, before it is one network.
struct CaffeParts {
  /// The definition, its dialect settled.
  var net: CaffeNet
  /// The caffemodel or snapshot.
  let stored: CaffeNet?
  let source: CaffeSource
  /// The file that holds the definition.
  let file: InputFile
  let mean: MeanImage?
  /// Whether the weights are to be there; else this is a definition alone.
  let hasWeights: Bool

  /// A network that is planned, with its weights.
  struct Plan {
    let inference: TestPhaseNet
    let builder: NetworkBuilder
    /// Nil where no layer needs weights and there are none.
    let weights: WeightMatching?
    var notes: [String]
  }
}

extension CaffeParts {
  /// Plans the network and finds its weights.
  ///
  /// Where nothing tells what field 13 of poolings is, the weights may: a matrix fits an image of one
  /// size only.
  func plan(options: ReadingOptions) throws(FormatError) -> Plan {
    let undecided = net.undecidedPoolings
    do {
      return try planned(options)
    } catch {
      guard !undecided.isEmpty else { throw error }
      var fitting: [(plan: Plan, name: String)] = []
      for (field, name) in [
        (PoolingParameters.RoundingField.roundMode, "round_mode"), (.ceilMode, "ceil_mode"),
      ] {
        var parts = self
        parts.net.setRoundingField(field)
        if let plan = try? parts.planned(options) { fitting.append((plan, name)) }
      }
      guard fitting.count == 1, var only = fitting.first else { throw error }
      only.plan.notes.append(
        "took field 13 of poolings for \(only.name), because only so the weights fit: "
          + listed(undecided).joined(separator: ", "))
      return only.plan
    }
  }

  private func planned(_ options: ReadingOptions) throws(FormatError) -> Plan {
    let (builder, inference, notes) = try inFile(file) { () throws(FormatError) in
      let inference = try TestPhaseNet(
        net, isFiltered: source.definition == nil, for: options.caffe.state)
      // A layer that is not supported comes first: its parameters are of no interest then.
      try NetworkBuilder.refuseUnsupported(inference.nodes)
      let fields = try UnknownFields(
        net.unknownFields + inference.unknownFields, others: inference.unusedUnknownFields,
        leavingOut: options.caffe.ignoredFields)
      let shapes = try inference.inputShapes(options: options, mean: mean)
      let builder = try NetworkBuilder(inference, inputShapes: shapes, options: options)
      return (builder, inference, fields.notes + inference.notes + builder.notes)
    }
    let weights = try match(builder, inference, ignoringExtra: options.caffe.ignoresExtraWeights)
    return Plan(
      inference: inference, builder: builder, weights: weights,
      notes: notes + (weights?.notes ?? []))
  }

  private func match(
    _ builder: NetworkBuilder, _ inference: TestPhaseNet, ignoringExtra: Bool
  ) throws(FormatError) -> WeightMatching? {
    guard hasWeights else { return nil }
    if let stored, let file = source.weights {
      return try inFile(file) { () throws(FormatError) in
        try WeightMatching(
          builder.weightedLayers, stored: stored.layers, in: file.name,
          leftOut: inference.leftOut, ignoringExtra: ignoringExtra)
      }
    }
    let needing = builder.weightedLayers.filter { !$0.plan.weights.isEmpty }.map(\.layer.name)
    guard needing.isEmpty else {
      throw FormatError(
        .badModel, file: source.definition?.path,
        "expected a caffemodel with the weights of \(listed(needing).joined(separator: ", ")), "
          + "found none")
    }
    return nil
  }
}
