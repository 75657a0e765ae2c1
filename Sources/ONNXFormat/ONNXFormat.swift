public import Files
internal import ModelGraph
public import ModelIO
internal import Protobuf
internal import TensorCore

/// ONNX' models, with weights in the file or beside it (onnx.ai, IR 3 to 14, operators of opset 1 on).
public struct ONNXFormat: ModelFormat {
  /// The format.
  public init() {}

  /// `onnx`.
  public var name: String { "onnx" }

  /// Whether a file is a ModelProto, by numbers and types of its fields; one that is cut off may be
  /// one.
  public func recognize(_ file: InputFile) -> Recognition {
    file.bytes.withSpan { span in
      var reader = WireReader(0..<file.bytes.count)
      var (hasVersion, hasGraph, hasOpset) = (false, false, false)
      do {
        while let field = try reader.next(in: span) {
          switch (field.number, field.value) {
          case (1, .varint(let version)) where (1...100).contains(version): hasVersion = true
          case (7, .lengthPrefixed): hasGraph = true
          case (8, .lengthPrefixed): hasOpset = true
          case (2, .lengthPrefixed), (3, .lengthPrefixed), (4, .lengthPrefixed), (5, .varint),
            (6, .lengthPrefixed), (14, .lengthPrefixed), (20, .lengthPrefixed),
            (25, .lengthPrefixed), (26, .lengthPrefixed):
            break
          default: return Recognition.no
          }
        }
      } catch {
        return hasVersion ? .plausible : .no
      }
      return hasGraph && (hasVersion || hasOpset) ? .certain : .no
    }
  }

  /// A model, or what it keeps beside it.
  public func role(of file: InputFile) -> FileRole {
    recognize(file) == .no ? .companion : .model
  }

  /// The files of external data that a model names.
  ///
  /// - Throws: `FormatError` of kind `refused` for a name that leads elsewhere, `noInput` for a file
  ///   that is missing.
  public func companions(of files: [InputFile]) throws(FormatError) -> [InputFile] {
    var companions: [InputFile] = []
    for file in files where recognize(file) == .certain {
      var decoder = ONNXDecoder(file.bytes)
      let model: ONNXModel
      do { model = try decoder.decode() } catch { continue }  // the reader tells what is wrong
      for (name, data) in try externals(of: model, beside: file, given: files) {
        if !files.contains(where: { $0.identity == data.identity && $0.name == name }) {
          companions.append(data)
        }
      }
    }
    return companions
  }

  /// Reads one model.
  ///
  /// - Throws: `FormatError` naming the node, the tensor or the byte.
  public func readModel(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ReadModel {
    try options.require()
    let models = files.filter { recognize($0) != .no }
    guard let file = models.first, models.count == 1 else {
      throw FormatError(
        file: files.last?.path, "expected one ONNX model, found \(models.count)")
    }
    do {
      return ReadModel(try read(file, files, options))
    } catch { throw error.inFile(file.path) }
  }

  private func read(
    _ file: InputFile, _ files: [InputFile], _ options: ReadingOptions
  ) throws(FormatError) -> Model {
    var decoder = ONNXDecoder(file.bytes)
    let model = try decoder.decode()
    let opset = try opset(of: model)
    let externals = try externals(of: model, beside: file, given: files)
    let graph = try FunctionInlining.apply(to: model)
    let reader = try GraphReader(
      graph, opset: opset, tensors: TensorReader(file: file, externals: externals),
      inputShape: options.inputShape)
    let network: Network
    do {
      network = try Network(name: graph.name, nodes: reader.nodes)
      _ = try network.shapes()  // which also limits what a value may take
    } catch { throw FormatError(at: error.layer.map { .object($0) }, error.reason) }
    var notes = reader.notes
    if !model.unknownFields.isEmpty {
      notes.append(
        "left out fields unknown to the schema: " + model.unknownFields.joined(separator: ", "))
    }
    let unused = reader.unusedInitializers()
    let read = [file] + externals.sorted { $0.key < $1.key }.map(\.value)
    let (preprocessing, labels) = ModelMetadata.read(model.metadata)
    return Model(
      network: network, preprocessing: preprocessing, labels: labels,
      provenance: Provenance(
        format: reader.isChannelsLast ? "onnx-channels-last" : "onnx",
        files: read.map { .init(name: $0.name, byteCount: $0.bytes.count) }, notes: notes,
        ledger: Ledger(entries: reader.ledger, leftOut: unused)))
  }

  /// The newest set of operators that was looked at: a later one may mean something else.
  private static let newestOpset = 28

  /// The version of ONNX' own operators.
  private func opset(of model: ONNXModel) throws(FormatError) -> Int {
    guard (1...100).contains(model.irVersion) else {
      throw FormatError(.badModel, "expected an ir_version of 1 or more, found \(model.irVersion)")
    }
    // Files before IR 3 name no set of operators: it is the first.
    let opset = model.opsets[""] ?? 1
    guard (1...Self.newestOpset).contains(opset) else {
      throw FormatError(
        .badModel,
        "expected a set of operators of 1 to \(Self.newestOpset), found \(opset)")
    }
    return opset
  }

  /// The files of external data by the names that a model has for them.
  private func externals(
    of model: ONNXModel, beside file: InputFile, given files: [InputFile]
  ) throws(FormatError) -> [String: InputFile] {
    var externals: [String: InputFile] = [:]
    let wanted = Set(model.graph.nodes.flatMap(\.inputs))
    for tensor in model.graph.initializers where wanted.contains(tensor.name) {
      guard case .external(let entries) = tensor.elements, let location = entries["location"],
        externals[location] == nil
      else { continue }
      guard externals.count < 1000 else {
        throw FormatError(.badModel, "expected at most 1000 files of external data, found more")
      }
      if let given = files.first(where: { $0.name == location }) {
        externals[location] = given
      } else {
        externals[location] = try InputFile(named: location, by: file)
      }
    }
    return externals
  }
}
