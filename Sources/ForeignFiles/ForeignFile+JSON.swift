internal import Files
internal import JSON
internal import TensorCore

extension ForeignFile {
  /// As much JSON as is parsed to say what it is.
  private static let jsonByteLimit = 64 << 20

  /// JSON that describes no model of Keras; nil for what is no JSON.
  init?(json bytes: Bytes) {
    let first = bytes.prefix(64).first { !" \t\r\n".utf8.contains($0) }
    guard first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
      bytes.count <= Self.jsonByteLimit, let json = try? JSON(parsing: bytes)
    else { return nil }
    guard case .object(let members) = json else {
      self.init("JSON of another kind (\(json.kind))")
      return
    }
    self = Self.object(json, Set(members.map(\.name)), members)
  }

  private static func object(
    _ json: JSON, _ names: Set<String>, _ members: [JSON.Member]
  ) -> ForeignFile {
    func has(_ needed: String...) -> Bool { names.isSuperset(of: needed) }
    if has("class_name", "config") || names.contains("layers") {
      return ForeignFile("a definition of Keras in JSON")
    } else if has("nodes", "arg_nodes") {
      return .model("a network of MXNet", throughKeras)
    } else if has("modelTopology") || has("weightsManifest") {
      return .model("a model of TensorFlow.js", "take the Keras model that it was made from")
    } else if names.contains("weight_map") {
      return .model(
        "the index of weights in several files", "the files that it names hold the weights")
    } else if has("architectures") || has("model_type") {
      return .model("the configuration of a Hugging Face model", throughKeras)
    } else if has("image_mean") || has("image_processor_type") {
      return ForeignFile("the preprocessing of a Hugging Face model", "it holds no layers")
    } else if has("keras_version", "date_saved") {
      return ForeignFile("the metadata of a Keras archive", "config.json beside it has the layers")
    } else if has("loss"), members.allSatisfy({ $0.value.isList }) {
      return ForeignFile("the history of a training with Keras", "it holds no layers")
    } else if has("nbformat") {
      return ForeignFile("a Jupyter notebook", "what it makes is needed, not the program")
    } else if has("fileFormatVersion", "itemInfoEntries") {
      return .model("the manifest of a Core ML package", takeSource)
    } else if has("name", "version"), names.contains("dependencies") || names.contains("scripts") {
      return ForeignFile("the description of a JavaScript package (package.json)")
    } else if case .string(let message)? = json["message"] ?? json["error"], members.count <= 4 {
      return ForeignFile(
        "the answer of a server (\"\(message.printable(limit: 60))\")",
        "the download brought it instead of the file")
    } else if !members.isEmpty, members.allSatisfy({ Int($0.name) != nil }) {
      return ForeignFile("names of classes in JSON", "labels are read as text, one a line")
    }
    let list = members.prefix(3).map { $0.name.printable(limit: 30) }.joined(separator: ", ")
    return ForeignFile(
      members.isEmpty
        ? "empty JSON"
        : "JSON of another kind (\(list)\(members.count > 3 ? ", …" : ""))")
  }
}

extension JSON {
  fileprivate var isList: Bool {
    if case .array = self { true } else { false }
  }
}
