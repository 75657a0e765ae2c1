internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

/// What a model of ONNX says about itself beside its graph: `metadata_props`.
enum ModelMetadata {
  private static let labels = "labels"
  private static let preprocessing = "preprocessing"

  /// What a model of ours says; anything else is left alone.
  static func read(
    _ pairs: [(key: String, value: String)]
  ) throws(FormatError) -> (Preprocessing?, [String]) {
    let values = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
    guard let text = values[labels],
      case .array(let list)? = try? JSON(parsing: Bytes(Array(text.utf8)))
    else { return (nil, []) }
    let names = list.compactMap { if case .string(let name) = $0 { name } else { nil } }
    return (nil, names)
  }

  /// The pairs that say what the model is, in the order of their keys.
  static func pairs(of model: Model) -> [(key: String, value: String)] {
    var pairs: [(key: String, value: String)] = []
    if !model.labels.isEmpty { pairs.append((labels, JSON.strings(model.labels).text())) }
    if let preprocessing = model.preprocessing {
      pairs.append((Self.preprocessing, preprocessing.description))
    }
    return pairs
  }
}
