public import Files
internal import ModelGraph
public import ModelIO
internal import TensorCore

/// The `.resnet` format of this project; `schemas/native-format.md` specifies it.
public struct NativeFormat: ModelFormat {
  /// The format.
  public init() {}

  /// `native`.
  public var name: String { "native" }

  /// Whether the file begins with the format's signature; `plausible` if that is cut short or one
  /// of its bytes is damaged, so that the reader can say so.
  public func recognize(_ file: InputFile) -> Recognition {
    let found = file.bytes.slice(from: 0, count: min(file.bytes.count, Preamble.magic.count))
    guard let found = found?.array, !found.isEmpty else { return .no }
    let wrong = zip(found, Preamble.magic).count { $0 != $1 }
    guard found.count == Preamble.magic.count else { return wrong == 0 ? .plausible : .no }
    return wrong == 0 ? .certain : wrong == 1 ? .plausible : .no
  }

  /// Reads one file and verifies every byte of it, so that no damaged weight is ever used.
  ///
  /// - Throws: `FormatError` naming the section, layer or tensor, and the chunk that is damaged.
  public func readModel(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ReadModel {
    try options.require()
    guard files.count == 1, let input = files.first else {
      throw FormatError(
        file: files.last?.path, "a native model is one file, found \(files.count) files")
    }
    let file = try NativeFile(opening: input)
    let report = try file.check()
    var model = file.model
    model.provenance.ledger = try file.ledger()
    if let shape = options.inputShape {
      model.network = try Self.network(model.network, input: shape, in: input.path)
    }
    var result = ReadModel(model, ledger: Self.ledger(of: model.network, in: input))
    result.nonFiniteCounts = report.nonFiniteCounts
    return result
  }

  /// Where the weights lie in the file.
  private static func ledger(of network: Network, in file: InputFile) -> Ledger {
    Ledger(
      entries: network.allWeights.map { weight in
        Ledger.Entry(source: StoredTensor(weight, in: file.name), target: weight.name)
      })
  }

  private static func network(
    _ network: Network, input shape: Shape, in path: String
  ) throws(FormatError) -> Network {
    guard network.inputs.count == 1 else {
      throw FormatError(
        file: path, "one input shape was given, but the network has \(network.inputs.count) inputs")
    }
    let reshaped = network.mapLayers { node in
      if case .input = node.layer { .input(Layer.Input(shape: shape)) } else { node.layer }
    }
    do {
      _ = try reshaped.shapes()
    } catch {
      throw FormatError(file: path, at: error.layer.map { .object($0) }, error.reason)
    }
    return reshaped
  }
}

extension StoredTensor {
  /// Where a weight that was read from a native file lies in it; layers that share one name its owner.
  init(_ weight: (name: String, owner: String, tensor: Tensor), in file: String) {
    self.init(
      file: file, object: weight.owner, byteOffset: weight.tensor.storedBytes?.offset,
      elementType: weight.tensor.elementType, shape: weight.tensor.shape)
  }
}
