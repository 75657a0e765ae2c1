internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

/// What a model of ONNX says about itself beside its graph, as `metadata_props`: the key `labels` has
/// an array of texts, `preprocessing` an object of `channelOrder`, `mean` and `scale`.
enum ModelMetadata {
  private static let labels = "labels"
  private static let preprocessing = "preprocessing"

  /// What a model of ours says; what others put under these keys is left alone.
  static func read(_ pairs: [(key: String, value: String)]) -> (Preprocessing?, [String]) {
    let values = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
    func json(_ key: String) -> JSON? {
      values[key].flatMap { text in try? JSON(parsing: Bytes(Array(text.utf8))) }
    }
    var names: [String] = []
    if case .array(let list)? = json(labels) {
      names = list.compactMap { if case .string(let name) = $0 { name } else { nil } }
      if names.count != list.count { names = [] }
    }
    return (json(preprocessing).flatMap { recipe($0) }, names)
  }

  /// The pairs that say what the model is, in the order of their keys.
  static func pairs(of model: Model) -> [(key: String, value: String)] {
    var pairs: [(key: String, value: String)] = []
    if !model.labels.isEmpty { pairs.append((labels, JSON.strings(model.labels).text())) }
    if let recipe = model.preprocessing, !recipe.hasMeanImage {
      pairs.append((preprocessing, coded(recipe).text()))
    }
    return pairs
  }

  private static func coded(_ recipe: Preprocessing) -> JSON {
    var members: [JSON.Member] = []
    if let order = recipe.channelOrder {
      members.append(.init("channelOrder", .string(order.rawValue)))
    }
    if case .channels(let means) = recipe.mean {
      members.append(.init("mean", .array(means.map { JSON(number: $0) })))
    }
    members.append(.init("scale", .array(recipe.scales.map { JSON(number: $0) })))
    return .object(members)
  }

  private static func recipe(_ json: JSON) -> Preprocessing? {
    func numbers(_ name: String) -> [Double]? {
      guard case .array(let list)? = json[name] else { return nil }
      let numbers = list.compactMap(\.number)
      return numbers.count == list.count ? numbers : nil
    }
    guard let scales = numbers("scale"), !scales.isEmpty else { return nil }
    var order: Preprocessing.ChannelOrder?
    if case .string(let word)? = json["channelOrder"] { order = .init(rawValue: word) }
    return Preprocessing(
      channelOrder: order, mean: numbers("mean").map { .channels($0) }, scales: scales)
  }
}

extension Preprocessing {
  /// Whether a whole image is subtracted, for which ONNX has no place.
  var hasMeanImage: Bool {
    if case .image = mean { true } else { false }
  }
}
