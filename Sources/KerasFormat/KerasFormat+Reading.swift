internal import Containers
public import Files
internal import JSON
internal import ModelGraph
public import ModelIO
internal import TensorCore

extension KerasFormat {
  /// Reads a model from its files.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func readModel(
    from source: KerasSource, options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> ReadModel {
    try options.require(only: KerasOptions.self, KerasAssumptions.self)
    guard let file = source.weights else {
      throw FormatError(
        file: source.definition?.path,
        "expected an HDF5 file with the weights beside the definition, found none")
    }
    let parts = try KerasParts(file, definition: source.definition)
    var stored = try inFile(file) { () throws(FormatError) in
      try StoredWeights(reading: parts.weights, shards: source.shards)
    }
    stored.version = stored.version ?? parts.version
    return ReadModel(try model(parts, stored, source, file, options))
  }

  /// Reads the model of files that were taken apart.
  func model(
    _ parts: KerasParts, _ stored: StoredWeights, _ source: KerasSource, _ file: InputFile,
    _ options: ReadingOptions
  ) throws(FormatError) -> Model {
    let definitionFile = source.definition ?? file
    var source = source
    source.shards = stored.file.shards
    let json = try inFile(definitionFile) { () throws(FormatError) -> JSON? in
      if let definition = parts.definition { return definition }
      guard let text = stored.definition else { return nil }
      return try JSON(parsing: Bytes(Array(text.utf8)))
    }
    var inferred: [String] = []
    let whole: KerasModel
    if let json {
      whole = try inFile(definitionFile) { () throws(FormatError) in
        try options.require(only: KerasOptions.self)
        return try KerasModel(decoding: json)
      }
    } else {
      let recovered = try inFile(file) { () throws(FormatError) in
        try DefinitionRecovery.definition(for: stored, options: options)
      }
      whole = recovered.model
      inferred = ["the file has no definition"] + recovered.notes
    }
    let (model, holder) = try inFile(definitionFile) { () throws(FormatError) in
      let copies = whole.withoutCopies()
      try refuseUnsupported(copies?.inner ?? whole)
      return (copies?.inner ?? whole, copies?.around)
    }
    // What is recovered from weights is no definition that anybody wrote.
    if json != nil {
      inferred += try inFile(definitionFile) { () throws(FormatError) in try model.checkSettings() }
    }
    if let holder {
      inferred.append(
        "took the model \(model.name) out of \(holder.name), which has copies of it for several "
          + "GPUs; its Lambda layers were taken for the pieces of a batch, and not run")
    }
    try inFile(file) { () throws(FormatError) in
      try FormatError.refuseLookalikes(
        among: (holder ?? model).allLayers.map(\.name) + stored.names)
    }
    let origin = try inFile(file) { () throws(FormatError) in
      try Origin(stored, definition: json, fileName: file.name, options: options)
    }
    let format = try inFile(definitionFile) { () throws(FormatError) in
      try dataFormat(of: model, by: origin)
    }
    var provenance = origin.provenance(
      format, files: source.files, notes: inferred + parts.notes + stored.notes + origin.notes)
    let matching = try inFile(file) { () throws(FormatError) in
      try WeightMatching(holder ?? model, in: stored)
    }
    var builder = NetworkBuilder(
      stored: stored, matching: matching, origin: origin, dataFormat: format,
      fileName: file.name, inputShape: options.inputShape)
    try inFile(file) { () throws(FormatError) in try builder.build(model) }
    provenance.notes += matching.notes + builder.notes + model.policyNotes
    let network = try inFile(file) { () throws(FormatError) in
      try self.network(named: model.name, builder.nodes)
    }
    provenance.ledger = try inFile(file) { () throws(FormatError) in
      try balanced(builder.ledger, stored, network, counts: matching.counts)
    }
    if let assumption = assumedPreprocessing(of: model, network) {
      provenance.notes.append(assumption)
    }
    return Model(network: network, provenance: provenance)
  }

  /// Where channels are in images.
  func dataFormat(
    of model: KerasModel, by origin: Origin
  ) throws(FormatError) -> KerasLayout.DataFormat {
    // Until Theano was one backend of two, its order was the only one.
    try model.dataFormat() ?? (origin.generation == 0 ? .channelsFirst : .channelsLast)
  }

  func network(
    named name: String, _ nodes: [Node]
  ) throws(FormatError) -> Network {
    do {
      let network = try Network(name: name, nodes: nodes)
      _ = try network.shapes()
      return network
    } catch {
      throw FormatError(at: error.layer.map { .object($0) }, error.reason)
    }
  }

  /// The ledger in the order of the file, if nothing is missing and nothing left over.
  ///
  /// - Parameter counts: how many samples normalizations have seen, which no layer reads.
  private func balanced(
    _ ledger: Ledger, _ stored: StoredWeights, _ network: Network, counts: Set<String>
  ) throws(FormatError) -> Ledger {
    var ledger = ledger
    let order = Dictionary(stored.sources.enumerated().map { ($1, $0) }) { first, _ in first }
    ledger.entries.sort { order[$0.source.object] ?? .max < order[$1.source.object] ?? .max }
    // A model of layers without weights is a model.
    if stored.sources.isEmpty, network.weights.isEmpty { return ledger }
    let faults = ledger.faults(
      sources: stored.sources.filter { !counts.contains($0) }, targets: network.weights.map(\.name))
    guard faults.isEmpty else {
      throw FormatError(
        .badModel,
        "expected the weights of the definition: \(listed(faults).joined(separator: "; "))")
    }
    return ledger
  }

  func refuseUnsupported(_ model: KerasModel) throws(FormatError) {
    let unsupported = model.allLayers.filter { $0.type == nil }
    guard unsupported.isEmpty else {
      let list = listed(
        unsupported.map {
          // The name of a layer of Keras alone would say nothing.
          let isNamesake = $0.kind == $0.className && LayerClass(named: $0.className) != nil
          return
            "\($0.path) (\(isNamesake ? "a class or function of its own, " : "")\($0.kind))"
        })
      throw FormatError(.badModel, "unsupported layers: \(list.joined(separator: ", "))")
    }
  }
}

extension KerasFormat {
  /// The HDF5 file that a file is or holds; nil for one of another kind and for an archive without
  /// weights or that is damaged, about which its reader knows more.
  public static func hdf5File(in file: InputFile) -> InputFile? {
    switch KerasFile(file.bytes) {
    case .hdf5: file
    case .archive: try? KerasParts.weights(of: file)
    case .json, .shardIndex, .other: nil
    }
  }
}

/// What `body` makes, or its error with the name of the file.
func inFile<Result>(
  _ file: InputFile, _ body: () throws(FormatError) -> Result
) throws(FormatError) -> Result {
  do { return try body() } catch { throw error.inFile(file.path) }
}

/// The weights and the definition that are given, whatever they are packed in.
struct KerasParts {
  /// The HDF5 file.
  var weights: InputFile
  /// The definition beside the weights.
  var definition: JSON?
  /// The version that an archive names.
  var version: String?
  var notes: [String] = []
  /// As much text as is read of an archive: the definition of a ResNet-1202 has 3 MB.
  private static let textByteLimit = 64 << 20
  /// Keras does not pack weights, and trained ones hardly shrink. Small files may be mostly padding.
  private static let (largestRatio, smallByteCount) = (64, 64 << 20)

  /// The HDF5 file itself or in an archive.
  static func weights(of file: InputFile) throws(FormatError) -> InputFile {
    guard KerasFile(file.bytes) == .archive else { return file }
    return try inFile(file) { () throws(FormatError) in
      let archive = try ZipArchive(file.bytes)
      guard let member = archive["model.weights.h5"] else {
        throw FormatError(
          at: .object("model.weights.h5"), "expected the weights in the archive, found none")
      }
      guard
        member.byteCount <= smallByteCount
          || member.byteCount / largestRatio <= member.packedByteCount
      else {
        throw FormatError(
          .refused, at: .object(member.name),
          "expected weights packed at most \(largestRatio) to 1, found \(member.byteCount) bytes in "
            + "\(member.packedByteCount)")
      }
      var weights = InputFile(
        path: "\(file.path)/\(member.name)", bytes: try archive.contents(of: member))
      weights.outsideReading = file.outsideReading
      return weights
    }
  }

  /// Opens an archive, if the file is one, and the definition.
  init(_ file: InputFile, definition: InputFile?) throws(FormatError) {
    weights = try Self.weights(of: file)
    if let definition {
      self.definition = try inFile(definition) { () throws(FormatError) in
        try JSON(parsing: definition.bytes)
      }
    }
    guard KerasFile(file.bytes) == .archive else { return }
    let archive = try inFile(file) { () throws(FormatError) in try ZipArchive(file.bytes) }
    func json(_ name: String) throws(FormatError) -> JSON? {
      guard let member = archive[name] else { return nil }
      let text = try inFile(file) { () throws(FormatError) in
        guard member.byteCount <= Self.textByteLimit else {
          throw FormatError(
            .refused, at: .object(name),
            "expected at most \(Self.textByteLimit) bytes, found \(member.byteCount)")
        }
        return try archive.contents(of: member)
      }
      // Offsets are those in the member.
      return try inFile(InputFile(path: "\(file.path)/\(name)", bytes: text)) {
        () throws(FormatError) in try JSON(parsing: text)
      }
    }
    if self.definition == nil { self.definition = try json("config.json") }
    version = try json("metadata.json")?["keras_version"]?.text
  }
}

extension Origin {
  /// Where a model came from whose images lie so.
  func provenance(
    _ dataFormat: KerasLayout.DataFormat, files: [InputFile], notes: [String]
  ) -> Provenance {
    let layout: ArrayLayout = dataFormat == .channelsFirst ? .nchw : .nhwc
    return Provenance(
      format: layout.dialect(of: formatName), arrayLayout: layout,
      files: files.map { .init(name: $0.name, byteCount: $0.bytes.count) }, notes: notes)
  }
}

extension KerasModel {
  /// Where channels are in images, as the first layer says that tells; nil if none does.
  func dataFormat() throws(FormatError) -> KerasLayout.DataFormat? {
    // A cropping of channels says that they are in front of the rows, whatever they are.
    for layer in allLayers where layer.type != .cropping {
      switch try layer.settings.string("data_format", "dim_ordering") {
      case "channels_first", "th": return .channelsFirst
      case "channels_last", "tf": return .channelsLast
      case nil, .some: continue
      }
    }
    return nil
  }
}

extension KerasModel {
  /// What other number types Keras computes with, one sentence for each policy.
  var policyNotes: [String] {
    let layers = Dictionary(grouping: allLayers.filter { $0.policy != nil }, by: { $0.policy! })
    return layers.sorted { $0.key < $1.key }.map { policy, layers in
      "Keras computes in \(policy), which is kept for it; here it is float32: "
        + listed(layers.map(\.path)).joined(separator: ", ")
    }
  }
}

extension NetworkBuilder {
  /// What was decided on the way, one sentence each.
  var notes: [String] {
    var notes: [String] = []
    if !sizedLayers.isEmpty {
      notes.append(
        "\"same\" padding became numbers for this size of the input in "
          + listed(sizedLayers).joined(separator: ", "))
    }
    if !reorderedMatrices.isEmpty {
      notes.append(
        "put the rows of \(listed(reorderedMatrices).joined(separator: ", ")) into the order of "
          + "images with channels first")
    }
    return notes
  }
}
