internal import Files
internal import TensorCore

extension ForeignFile {
  /// A text that is surely no definition and no list of labels.
  init?(text prefix: [UInt8], of bytes: Bytes) {
    guard let text = Self.text(prefix) else { return nil }
    let lower = text.prefix(1000).lowercased()
    if text.hasPrefix("version https://git-lfs.") || text.hasPrefix("version https://hawser.") {
      self.init(
        "a Git LFS pointer instead of the file", "run \"git lfs pull\" where it was cloned")
    } else if text.hasPrefix("/annex/objects/") {
      self.init(
        "a git-annex pointer instead of the file", "run \"git annex get\" where it was cloned")
    } else if ["<!doctype html", "<html", "<head", "<!-- html"].contains(where: lower.hasPrefix) {
      self.init(
        Self.title(of: text).map { "a web page (\"\($0)\")" } ?? "a web page",
        "the download brought it instead of the file; open the address in a browser")
    } else if lower.hasPrefix("<?xml") || lower.hasPrefix("<net ") || lower.hasPrefix("<error>") {
      self = Self.xml(text)
    } else if ["404: not found", "not found", "entry not found", "access denied"].contains(
      lower.trimmed)
    {
      self.init(
        "the answer of a server (\"\(text.trimmed)\")",
        "the download brought it instead of the file")
    } else if let found = Self.configuration(text) {
      self = found
    } else {
      return nil
    }
  }

  /// The text of the first bytes, without white space before it; nil if they are no text.
  private static func text(_ prefix: [UInt8]) -> String? {
    guard !prefix.contains(where: { $0 < 0x20 && !(0x09...0x0d ~= $0) || $0 == 0x7f }) else {
      return nil
    }
    let text = String(decoding: prefix, as: UTF8.self)
    return String(text.drop { $0.isWhitespace || $0 == "\u{feff}" })
  }

  private static func title(of page: String) -> String? {
    guard let start = page.firstRange(of: "<title>")?.upperBound,
      let end = page[start...].firstRange(of: "</title>")?.lowerBound
    else { return nil }
    let title = String(page[start..<end]).trimmed.printable(limit: 60)
    return title.isEmpty ? nil : title
  }

  private static func xml(_ text: String) -> ForeignFile {
    if text.contains("<net ") {
      return .model("a network of OpenVINO (XML)", takeSource)
    }
    if text.contains("<Error>") {
      return ForeignFile(
        "the answer of a server (an error in XML)", "the download brought it instead of the file")
    }
    return ForeignFile("an XML document")
  }

  /// A definition of other programs.
  private static func configuration(_ text: String) -> ForeignFile? {
    let lines = text.split(whereSeparator: \.isNewline).lazy.map { String($0).trimmed }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix(";") }
    guard let first = lines.first else { return nil }
    switch first {
    case "[net]", "[network]": return .model("a definition of Darknet", throughKeras)
    case "7767517": return .model("a definition of ncnn", takeSource)
    case "4" where lines.prefix(4).elementsEqual(["4", "1", "3", "V 1"]):
      return .model("a file of Torch7 (ASCII)", throughKeras)
    default: break
    }
    if first.hasPrefix("model_checkpoint_path:") {
      return .model("the list of checkpoints of TensorFlow", saveFromKeras)
    }
    let fields = fieldNames(text)
    guard fields.isDisjoint(with: ["layer", "layers", "input", "input_dim"]) else { return nil }
    if fields.contains("node"), text.contains("op:") {
      return .model("a graph of TensorFlow in text", takeSource)
    }
    if fields.contains("op"), text.contains("type:") {
      return .model("a network of Caffe2 in text", takeSource)
    }
    return nil
  }

  /// The fields of a message in protobuf's text format that are not in another message.
  private static func fieldNames(_ text: String) -> Set<String> {
    var names: Set<String> = []
    var depth = 0
    for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).prefix(5000) {
      let line = line.drop { $0 == 0x20 || $0 == 0x09 }
      guard line.first != UInt8(ascii: "#") else { continue }
      if depth == 0 {
        let word = line.prefix { 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "_") }
        let next = line[word.endIndex...].first { $0 != 0x20 }
        if next == UInt8(ascii: ":") || next == UInt8(ascii: "{") { names.insert(String(word)!) }
      }
      depth += line.count { $0 == UInt8(ascii: "{") } - line.count { $0 == UInt8(ascii: "}") }
    }
    return names
  }

  /// What shows itself, or nothing that is known.
  init(plain bytes: Bytes) {
    let prefix = bytes.prefix(Self.prefixByteCount)
    guard let text = Self.text(prefix) else {
      self.init("data of another kind")
      return
    }
    let line = text.prefix { !$0.isNewline }
    if ["import ", "from ", "def ", "#!/usr/bin/env python", "\"\"\""].contains(
      where: line.hasPrefix)
    {
      self.init("a program in Python", "what it makes is needed, not the program")
    } else if text.isEmpty {
      self.init("white space")
    } else {
      self.init("text (\"\(String(line).printable(limit: 40))\")")
    }
  }
}

extension String {
  /// The text without white space around it.
  fileprivate var trimmed: String {
    guard let end = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(self[...end].drop { $0.isWhitespace })
  }
}
