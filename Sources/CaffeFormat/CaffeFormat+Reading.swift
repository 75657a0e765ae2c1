public import Files
internal import ForeignFiles
internal import ModelGraph
public import ModelIO
internal import Protobuf
internal import TensorCore

extension CaffeFormat {
  /// Reads a model from its files.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func readModel(
    from source: CaffeSource, options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> ReadModel {
    ReadModel(try model(from: source, options: options, hasWeights: true))
  }

  /// - Parameter hasWeights: whether the weights are to be there; else they are absent.
  func model(
    from source: CaffeSource, options: ReadingOptions, hasWeights: Bool
  ) throws(FormatError) -> Model {
    try options.require(only: CaffeOptions.self)
    try checkKinds(of: source)
    if source.definition == nil, let file = source.weights, CaffeFileKind(file.bytes) == .hdf5 {
      throw FormatError(
        file: file.path, at: nil,
        "expected a definition (prototxt) beside the snapshot, which holds weights only, found none"
      )
    }
    let stored = try read(source.weights) { file throws(FormatError) in
      try CaffeFork.check(try self.stored(file), against: options.caffe.dialect)
    }
    let defined = try read(source.definition) { file throws(FormatError) in
      try CaffeFork.check(try CaffeNet(text: file.bytes), against: options.caffe.dialect)
    }
    let mean = try read(source.mean) { file throws(FormatError) in
      try decode(file, as: .mean) { bytes throws(FormatError) in
        try MeanImage(reading: bytes)
      }
    }
    if defined == nil, options.caffe.state != .init() {
      throw FormatError(
        .usage, file: source.weights?.path,
        "--stage, --level and --phase choose layers of a prototxt; a caffemodel alone holds those of "
          + "the net that was saved")
    }
    guard var net = defined ?? stored, let file = source.definition ?? source.weights else {
      if source.mean == nil, let labels = source.labels {
        throw ForeignFile(describing: labels.bytes).refusal(of: labels, expected: "a model")
      }
      throw FormatError(
        file: source.mean?.path, "expected a definition or a caffemodel beside it, found neither")
    }
    try inFile(file) { () throws(FormatError) in
      try FormatError.refuseLookalikes(among: (defined?.names ?? []) + (stored?.names ?? []))
    }
    let (fork, forkNote) = CaffeFork.decide(
      options.caffe.dialect, [defined, stored].compactMap { $0 })
    if defined == nil { net.settlePoolings(as: options.caffe.dialect) }
    let settled = try inFile(file) { () throws(FormatError) in
      try net.settleBatchNormalizations(
        as: fork, stored: stored?.layers ?? [], bnStatistic: options.caffe.bnStatistic)
    }
    var provenance = Provenance(
      format: formatName(of: net, by: fork),
      files: source.files.map { .init(name: $0.name, byteCount: $0.bytes.count) })
    if defined == nil { provenance.notes.append("took the definition from the caffemodel") }
    provenance.notes += (defined?.notes ?? []) + (stored?.notes ?? [])
    provenance.notes += (forkNote.map { [$0] } ?? []) + settled

    let parts = CaffeParts(
      net: net, stored: stored, source: source, file: file, mean: mean, hasWeights: hasWeights)
    let plan = try parts.plan(options: options)
    let inference = plan.inference
    provenance.notes += plan.notes
    provenance.ledger = plan.weights?.ledger ?? Ledger()
    let network = try inFile(file) { () throws(FormatError) in
      let tensors = hasWeights ? plan.weights?.tensors : try plan.builder.absentWeights()
      return try plan.builder.network(named: net.name, weights: tensors)
    }
    provenance.notes += network.earlyOutputNotes
    let preprocessing = try inFile(source.mean ?? file) { () throws(FormatError) in
      try inference.preprocessing(for: network, mean: mean, notes: &provenance.notes)
    }
    let labels = try read(source.labels) { file throws(FormatError) in
      try readLabels(file.bytes, for: network)
    }
    return Model(
      network: network, preprocessing: preprocessing, labels: labels ?? [],
      provenance: provenance)
  }

  /// The dialect of a definition: `caffe`, `caffe-v0`, `caffe-v1`, `caffe-nvidia`.
  private func formatName(of net: CaffeNet, by fork: CaffeFork) -> String {
    switch (net.generation, fork) {
    case (.v0, _): "caffe-v0"
    case (.v1, _): "caffe-v1"
    case (.v2, .bvlc): "caffe"
    case (.v2, .nvidia): "caffe-nvidia"
    }
  }

  /// Refuses files of another kind than the part they were given for.
  private func checkKinds(of source: CaffeSource) throws(FormatError) {
    let parts: [(file: InputFile?, kind: CaffeFileKind)] = [
      (source.definition, .definition), (source.weights, .weights), (source.mean, .mean),
      (source.labels, .text),
    ]
    for case (let file?, let kind) in parts {
      let found = CaffeFileKind(file.bytes)
      // A definition that does not begin as one is left to the parser, which says where it is
      // wrong; so are labels that look like one, and binary files too damaged to recognize.
      let isAcceptable: Bool
      switch kind {
      case .definition, .text: isAcceptable = found == .definition || found == .text
      case .weights: isAcceptable = [.weights, .hdf5, .other].contains(found)
      case .mean: isAcceptable = found == .mean || found == .other
      case .solver, .empty, .hdf5, .foreign, .other: isAcceptable = true
      }
      guard isAcceptable else {
        let expected = kind == .text ? "labels, one a line" : kind.description
        throw FormatError(
          .badModel, file: file.path,
          "expected \(expected), found \(CaffeFileKind.description(of: file))")
      }
    }
  }

  /// The layers of a caffemodel or a snapshot.
  func stored(_ file: InputFile) throws(FormatError) -> CaffeNet {
    try inFile(file) { () throws(FormatError) in
      guard CaffeFileKind(file.bytes) != .hdf5 else { return try CaffeNet(snapshot: file) }
      return try decode(file, as: .weights) { bytes throws(FormatError) in
        try CaffeNet(binary: bytes)
      }
    }
  }

  /// Reads a message; one that does not begin as it should is probably none, and a reader's words
  /// about fields and wire types would say nothing.
  private func decode<Result>(
    _ file: InputFile, as kind: CaffeFileKind, _ body: (Bytes) throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    do {
      return try body(file.bytes)
    } catch {
      guard CaffeFileKind(file.bytes) == .other, case .byte(let offset)? = error.location else {
        throw error
      }
      let found = CaffeFileKind.description(of: file)
      let isKnown = found != CaffeFileKind.other.description
      throw FormatError(
        .badModel,
        "expected \(kind.description), found \(found)"
          + (isKnown ? "" : ", which is no protobuf of Caffe from byte \(offset) on"))
    }
  }

  private func read<Result>(
    _ file: InputFile?, _ body: (InputFile) throws(FormatError) -> Result
  ) throws(FormatError) -> Result? {
    guard let file else { return nil }
    return try inFile(file) { () throws(FormatError) in try body(file) }
  }
}

extension Network {
  /// What leaves the network before its end. Caffe names no outputs: a letter that is wrong in a
  /// `top` takes a layer out of the path, and the rest still fits.
  fileprivate var earlyOutputNotes: [String] {
    let left = Set(outputs)
    let early = nodes.dropLast().filter { !left.isDisjoint(with: $0.outputs) }
    guard !early.isEmpty else { return [] }
    let list = early.map { "\($0.name) (\($0.layer.typeName))" }
    return [
      "no layer reads what these make, it leaves the network before the end: "
        + listed(list).joined(separator: ", ")
    ]
  }
}

/// Calls `body`; errors it throws name the file.
func inFile<Result>(
  _ file: InputFile, _ body: () throws(FormatError) -> Result
) throws(FormatError) -> Result {
  do {
    return try body()
  } catch {
    throw error.inFile(file.path)
  }
}
