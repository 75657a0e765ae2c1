internal import Files
internal import ForeignFiles
internal import Protobuf
internal import TensorCore

/// What a file is, from its contents.
enum CaffeFileKind: Equatable {
  /// A definition in text.
  case definition
  /// A caffemodel.
  case weights
  /// A mean image.
  case mean
  /// The settings of a training, in text.
  case solver
  /// Lines of text that are no definition.
  case text
  case empty
  case hdf5
  /// A file that is known not to be Caffe's.
  case foreign(ForeignFile)
  case other

  /// What the file is called in messages.
  var description: String {
    switch self {
    case .definition: "a prototxt definition"
    case .weights: "a binary caffemodel"
    case .mean: "a binary mean image"
    case .solver:
      "the settings of a solver, which trains a network: the definition is the file that its field net "
        + "names"
    case .text: "text"
    case .empty: "an empty file"
    case .hdf5: "an HDF5 file"
    case .foreign(let file): file.description
    case .other: "data of another kind"
    }
  }
}

extension CaffeFileKind {
  /// What a file is, in an error about it.
  static func description(of file: InputFile) -> String {
    let kind = CaffeFileKind(file.bytes)
    switch kind {
    case .definition, .weights, .mean, .solver, .hdf5: return kind.description
    case .text, .empty, .foreign, .other: return ForeignFile(describing: file.bytes).description
    }
  }

  /// As many bytes as are looked at to tell text from binary data.
  private static let prefixLength = 1 << 16

  /// Looks at the begin and the end only, but at the fields of a whole mean image.
  init(_ bytes: Bytes) {
    // Inside the bytes.
    let prefix = bytes.slice(from: 0, count: min(bytes.count, CaffeFileKind.prefixLength))!
    if bytes.count == 0 {
      self = .empty
    } else if prefix.array.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .hdf5
    } else if let file = ForeignFile(bytes) {
      self = .foreign(file)
    } else if CaffeFileKind.isText(prefix.array) {
      let field = CaffeFileKind.firstField(prefix)
      self =
        field.map { MessageSchema.net.field(named: $0) != nil } == true
        ? .definition : field.map(CaffeFileKind.fieldsOfSolver.contains) == true ? .solver : .text
    } else if CaffeFileKind.begins(with: .net, bytes) {
      self = .weights
    } else if CaffeFileKind.begins(with: .blob, bytes) {
      self = .mean
    } else {
      self = .other
    }
  }

  /// No control characters but those of text; bytes beyond ASCII may be of any encoding, since
  /// comments are.
  private static func isText(_ bytes: [UInt8]) -> Bool {
    !bytes.contains { $0 < 0x20 && !(0x09...0x0d ~= $0) || $0 == 0x7f }
  }

  /// What SolverParameter has and a definition has not.
  private static let fieldsOfSolver: Set = [
    "average_loss", "base_lr", "clip_gradients", "device_id", "display", "gamma", "iter_size",
    "lr_policy", "max_iter", "momentum", "net", "net_param", "power", "random_seed", "snapshot",
    "snapshot_prefix", "solver_mode", "solver_type", "stepsize", "stepvalue", "test_interval",
    "test_initialization", "test_iter", "test_net", "train_net", "train_net_param", "type",
    "weight_decay",
  ]

  /// The name of the first field, if the text begins with one.
  private static func firstField(_ prefix: Bytes) -> String? {
    guard var lexer = try? TextFormatLexer(prefix), let first = try? lexer.next(),
      case .word(let name) = first.token, let second = try? lexer.next()
    else { return nil }
    return [":", "{", "<", "["].contains { second.token == .symbol(ascii($0)) } ? name : nil
  }

  /// Whether the first fields are fields of a message, of the right wire types.
  private static func begins(with schema: MessageSchema, _ bytes: Bytes) -> Bool {
    bytes.withSpan { span in
      var reader = WireReader(0..<span.byteCount)
      let forks = ForkFields(of: schema)
      var count = 0
      while count < 16, let field = try? reader.next(in: span) {
        guard let known = schema.field(numbered: field.number),
          count > 0 || !forks.contains(field.number)
        else {
          // Forks have fields of their own, but none begins with them.
          return count > 0 && schema == .net
        }
        guard known.accepts(field.value) else { return false }
        count += 1
      }
      return count > 0
    }
  }
}
