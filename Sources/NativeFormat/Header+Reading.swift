internal import ModelGraph
internal import ModelIO
internal import TensorCore

extension Header {
  /// A model from its header and its tensors.
  ///
  /// - Throws: `FormatError` naming the layer or section that is wrong, or a tensor nobody uses.
  static func model(
    decoding fields: inout Fields, entries: [TensorEntry], tensors: [Tensor], allowingUnknown: Bool
  ) throws(FormatError) -> Model {
    var isUsed = [Bool](repeating: false, count: tensors.count)
    let name = try fields.string("name")
    var nodes: [Node] = []
    for value in try fields.array("nodes") {
      let (node, weights) = try Self.node(decoding: value, tensors, allowingUnknown)
      for index in weights.used { isUsed[index] = true }
      nodes.append(node)
    }
    var recipe: Preprocessing?
    if let value = fields.optional("preprocessing") {
      recipe = try preprocessing(decoding: value, tensors, &isUsed, allowingUnknown)
    }
    if let index = isUsed.firstIndex(of: false) {
      throw FormatError(at: .object(entries[index].name), "no layer uses this tensor")
    }
    let labels = try fields.strings("labels")
    let provenance = try Self.provenance(
      decoding: try fields.required("provenance"), allowingUnknown)
    do {
      let network = try Network(name: name, nodes: nodes)
      _ = try network.shapes()
      return Model(
        network: network, preprocessing: recipe, labels: labels, provenance: provenance)
    } catch {
      throw FormatError(at: .object(error.layer ?? "header"), error.reason)
    }
  }

  private static func node(
    decoding value: JSON, _ tensors: [Tensor], _ allowingUnknown: Bool
  ) throws(FormatError) -> (Node, WeightFields) {
    guard case .string(let name)? = value["name"] else {
      throw FormatError(at: .object("header"), "expected a layer with a name")
    }
    var fields = try Fields(value, in: name)
    _ = try fields.string("name")
    let word = try fields.string("type")
    guard let type = LayerType(rawValue: word) else {
      throw fields.fault("the layer type \(JSON.string(word).text()) is unknown")
    }
    let inputs = try fields.strings("inputs")
    let outputs = try fields.strings("outputs")
    var parameters = try Fields(try fields.required("parameters"), in: name)
    var weights = try WeightFields(try fields.required("weights"), in: name, tensors: tensors)
    let layer = try Layer(type, &parameters, &weights)
    try fields.finish(allowingUnknown: allowingUnknown)
    try parameters.finish(allowingUnknown: allowingUnknown)
    try weights.finish(allowingUnknown: allowingUnknown)
    return (Node(name, layer, inputs: inputs, outputs: outputs), weights)
  }

  private static func preprocessing(
    decoding value: JSON, _ tensors: [Tensor], _ isUsed: inout [Bool], _ allowingUnknown: Bool
  ) throws(FormatError) -> Preprocessing {
    var fields = try Fields(value, in: "preprocessing")
    var recipe = Preprocessing()
    if fields.optional("channelOrder") != nil {
      recipe.channelOrder = try fields.word("channelOrder", Preprocessing.ChannelOrder.self)
    }
    switch fields.optional("mean") {
    case nil: recipe.mean = nil
    case .array: recipe.mean = .channels(try fields.numbers("mean"))
    case .integer(let index) where tensors.indices.contains(index):
      guard tensors[index].shape.rank == 3 else {
        throw fields.fault(
          "expected a mean image [channels, height, width], found \(tensors[index].shape)")
      }
      recipe.mean = .image(tensors[index])
      isUsed[index] = true
    case .null, .bool, .integer, .double, .string, .object:
      throw fields.fault("expected numbers or one of \(tensors.count) tensors for mean")
    }
    recipe.scale = try fields.number("scale")
    try fields.finish(allowingUnknown: allowingUnknown)
    return recipe
  }

  private static func provenance(
    decoding value: JSON, _ allowingUnknown: Bool
  ) throws(FormatError) -> Provenance {
    var fields = try Fields(value, in: "provenance")
    var provenance = Provenance(format: try fields.string("format"))
    for value in try fields.array("files") {
      var file = try Fields(value, in: "provenance")
      provenance.files.append(
        Provenance.SourceFile(
          name: try file.string("name"), byteCount: try file.integer("byteCount")))
      try file.finish(allowingUnknown: allowingUnknown)
    }
    provenance.notes = try fields.strings("notes")
    try fields.finish(allowingUnknown: allowingUnknown)
    return provenance
  }
}
