internal import Files
internal import JSON
internal import TensorCore

extension ForeignFile {
  /// An archive by what it holds; nil for one of Keras.
  init?(archive prefix: [UInt8], of bytes: Bytes) {
    if prefix.has([0x1f, 0x8b]) {
      self = Self.gzip(prefix)
    } else if Self.isTar(prefix) {
      self = Self.tar(prefix)
    } else if prefix.has([0x50, 0x4b, 3, 4]) || prefix.has([0x50, 0x4b, 5, 6]) {
      let names = Self.names(inZip: bytes)
      guard let found = ForeignFile(zipOf: names ?? Self.firstName(inZip: prefix), names != nil)
      else { return nil }
      self = found
    } else {
      return nil
    }
  }

  /// With the name of the packed file, where the archive has it (RFC 1952).
  private static func gzip(_ prefix: [UInt8]) -> ForeignFile {
    let hasName = prefix.count > 10 && prefix[3] & 0x1c == 0x08  // and no field before the name
    let name = hasName ? prefix[10...].prefix { $0 != 0 } : []
    let content = String(decoding: name, as: UTF8.self).printable(limit: 60)
    return ForeignFile(
      content.isEmpty ? "a gzip archive" : "a gzip archive of \(content)", "gunzip it first")
  }
}

// Zip
extension ForeignFile {
  /// - Parameter isWhole: whether these are all the members.
  private init?(zipOf names: [String], _ isWhole: Bool) {
    func has(_ ending: String) -> Bool { names.contains { $0.hasSuffix(ending) } }
    let models = names.filter { name in
      [".caffemodel", ".prototxt", ".h5", ".hdf5", ".keras", ".resnet"].contains {
        name.hasSuffix($0)
      }
    }
    if names.contains("config.json") || names.contains("model.weights.h5") {
      return nil  // Keras
    } else if names.contains(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) {
      let isScript = names.contains { $0.contains("/code/") }
      self = .model(
        isScript ? "a TorchScript archive of PyTorch" : "a PyTorch checkpoint", Self.throughKeras)
    } else if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) {
      self.init("arrays of NumPy (.npz)", "they are no model, but can be inputs and outputs of one")
    } else if has("saved_model.pb") {
      self = .model("a packed SavedModel of TensorFlow", Self.saveFromKeras)
    } else if has(".mlmodel") {
      self = .model("a packed model of Core ML", Self.takeSource)
    } else if let model = models.first {
      self.init("a zip archive that holds \(model.printable(limit: 60))", "unzip it first")
    } else if isWhole {
      let list = names.prefix(3).map { $0.printable(limit: 40) }.joined(separator: ", ")
      self.init(
        names.isEmpty
          ? "an empty zip archive"
          : "a zip archive of other things (\(list)\(names.count > 3 ? ", …" : ""))")
    } else {
      return nil  // cut short: the reader of archives says so
    }
  }

  /// The names in the directory, also of archives that are none for this toolkit; nil where there is
  /// no directory. Field offsets: PKWARE's APPNOTE.TXT, 4.3.
  private static func names(inZip bytes: Bytes) -> [String]? {
    let tailStart = max(0, bytes.count - (1 << 16) - 22)
    guard let tail = bytes.slice(from: tailStart, count: bytes.count - tailStart)?.array,
      let end = (0...max(tail.count - 22, 0)).last(where: { tail.has([0x50, 0x4b, 5, 6], at: $0) }),
      let offset = tail.word(at: end + 16)
    else { return nil }
    // A directory that is larger, or behind 4 GiB, is at the begin of the tail or of no interest.
    var position = offset == .max ? max(tailStart, 0) : Int(offset)
    if offset == .max {
      guard let first = (0..<tail.count).first(where: { tail.has([0x50, 0x4b, 1, 2], at: $0) })
      else { return nil }
      position += first
    }
    var names: [String] = []
    while names.count < 10_000,
      let entry = bytes.slice(from: position, count: 46)?.array, entry.has([0x50, 0x4b, 1, 2]),
      let lengths = entry.word(at: 28), let comment = entry.word(at: 32)
    {
      let (name, extra) = (Int(lengths & 0xffff), Int(lengths >> 16))
      guard let text = bytes.slice(from: position + 46, count: name) else { break }
      names.append(String(decoding: text.array, as: UTF8.self))
      position += 46 + name + extra + Int(comment & 0xffff)
    }
    return names.isEmpty && offset != 0 && bytes.count > 22 ? nil : names
  }

  /// The name of the first member, before its contents.
  private static func firstName(inZip prefix: [UInt8]) -> [String] {
    guard let lengths = prefix.word(at: 26) else { return [] }
    let end = 30 + Int(lengths & 0xffff)
    guard end <= prefix.count else { return [] }
    return [String(decoding: prefix[30..<end], as: UTF8.self)]
  }
}

// Tar
extension ForeignFile {
  /// Whether the first 512 bytes are the header of a member: their sum is among them, in octal.
  private static func isTar(_ prefix: [UInt8]) -> Bool {
    guard prefix.count >= 512, prefix[0] != 0 else { return false }
    let digits = prefix[148..<156].drop { $0 == 0x20 }.prefix { 0x30...0x37 ~= $0 }
    guard !digits.isEmpty else { return false }
    let sum = prefix[..<512].enumerated().reduce(0) {
      $0 + (148..<156 ~= $1.offset ? 0x20 : Int($1.element))
    }
    return sum == digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }

  private static func tar(_ prefix: [UInt8]) -> ForeignFile {
    let name = String(decoding: prefix[..<100].prefix { $0 != 0 }, as: UTF8.self)
    // The first member of torch/serialization.py before version 0.1.10.
    if ["sys_info", "storages", "tensors", "pickle"].contains(name) {
      return .model("a PyTorch checkpoint (a tar archive, from before version 0.2)", throughKeras)
    }
    return ForeignFile(
      "a tar archive that begins with \(name.printable(limit: 60))", "untar it first")
  }
}
