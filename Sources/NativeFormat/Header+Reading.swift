internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

extension Header {
  /// A model from its header and its tensors.
  ///
  /// - Throws: `FormatError` naming the layer or section that is wrong, or a tensor nobody uses.
  static func model(
    decoding fields: inout JSONFields, entries: [TensorEntry], tensors: [Tensor],
    allowingUnknown: Bool
  ) throws(FormatError) -> Model {
    let name = try fields.string("name")
    var weights = WeightFields(entries: entries, tensors: tensors)
    var nodes: [Node] = []
    for value in try fields.array("nodes") {
      nodes.append(try node(decoding: value, &weights, allowingUnknown))
    }
    var recipe: Preprocessing?
    if let value = fields.optional("preprocessing") {
      recipe = try preprocessing(decoding: value, &weights, allowingUnknown)
    }
    try weights.checkAllUsed()
    let labels = try fields.strings("labels")
    let provenance = try Self.provenance(
      decoding: try fields.required("provenance"), allowingUnknown)
    do {
      return Model(
        network: try Network(name: name, nodes: nodes), preprocessing: recipe, labels: labels,
        provenance: provenance)
    } catch {
      throw FormatError(error)
    }
  }

  private static func node(
    decoding value: JSONText.Value, _ weights: inout WeightFields, _ allowingUnknown: Bool
  ) throws(FormatError) -> Node {
    var fields = try JSONFields(value, in: "header")
    let name = try fields.string("name")
    fields.place = name
    let word = try fields.string("type")
    guard let type = LayerType(rawValue: word) else {
      throw fields.fault("the layer type \(JSON.string(word).text()) is unknown")
    }
    let inputs = try fields.strings("inputs")
    let outputs = try fields.strings("outputs")
    var parameters = try JSONFields(try fields.required("parameters"), in: name)
    try weights.begin(try fields.required("weights"), of: name)
    let layer = try Layer(type, &parameters, &weights)
    let policy = try fields.ifPresent("policy") { (fields) throws(FormatError) in
      try fields.string("policy")
    }
    try fields.finish(allowingUnknown: allowingUnknown)
    try parameters.finish(allowingUnknown: allowingUnknown)
    try weights.finish(allowingUnknown: allowingUnknown)
    var node = Node(name, layer, inputs: inputs, outputs: outputs)
    node.policy = policy
    return node
  }

  private static func preprocessing(
    decoding value: JSONText.Value, _ weights: inout WeightFields, _ allowingUnknown: Bool
  ) throws(FormatError) -> Preprocessing {
    var fields = try JSONFields(value, in: "preprocessing")
    var recipe = Preprocessing()
    if fields.optional("channelOrder") != nil {
      recipe.channelOrder = try fields.word("channelOrder", Preprocessing.ChannelOrder.self)
    }
    if let value = fields.optional("mean") {
      recipe.mean = try mean(decoding: value, &fields, &weights)
    }
    let isList = try fields.required("scale").isArray
    recipe.scales = isList ? try fields.numbers("scale") : [try fields.number("scale")]
    guard !recipe.scales.isEmpty else { throw fields.fault("expected a scale, found none") }
    try fields.finish(allowingUnknown: allowingUnknown)
    return recipe
  }

  private static func mean(
    decoding value: JSONText.Value, _ fields: inout JSONFields, _ weights: inout WeightFields
  ) throws(FormatError) -> Preprocessing.Mean {
    if value.isArray { return .channels(try fields.numbers("mean")) }
    let image = try weights.tensor(value, named: meanImageName, in: fields)
    guard image.shape.rank == 3 else {
      throw fields.fault(
        "expected a mean image [channels, height, width], found \(image.shape)")
    }
    return .image(image)
  }

  private static func provenance(
    decoding value: JSONText.Value, _ allowingUnknown: Bool
  ) throws(FormatError) -> Provenance {
    var fields = try JSONFields(value, in: "provenance")
    let format = try fields.string("format")
    var provenance = Provenance(format: format, arrayLayout: ArrayLayout(ofDialect: format))
    for value in try fields.array("files") {
      var file = try JSONFields(value, in: "provenance")
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

extension FormatError {
  /// What is wrong with a network, as an error about its file.
  init(_ error: NetworkError) {
    self.init(at: .object(error.layer ?? "header"), error.reason)
  }
}
