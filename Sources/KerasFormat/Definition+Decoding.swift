internal import Files
internal import JSON
internal import ModelGraph

extension KerasModel {
  /// The model that a configuration describes: that of `to_json`, of the attribute `model_config` or
  /// of `config.json` in an archive.
  ///
  /// - Throws: `FormatError` naming the layer.
  init(decoding json: JSON) throws(FormatError) {
    guard let name = (json["class_name"] ?? json["name"])?.text else {
      throw FormatError(
        .badModel, "expected the configuration of a Keras model, found none in this JSON")
    }
    // Keras before 1.0 has the settings beside the name of the class, which it calls name.
    let config = json["class_name"] == nil ? json : json["config"] ?? .null
    try self.init(config, className: name, path: "")
  }

  /// - Parameter path: the names of the models around it, `/` behind each.
  fileprivate init(_ config: JSON, className: String, path: String) throws(FormatError) {
    let place = path.isEmpty ? className : String(path.dropLast())
    guard let entries = config.elements ?? config["layers"]?.elements else {
      throw FormatError(
        at: .object(place),
        "expected a Sequential or Functional model with a list of layers, found none: what a "
          + "subclass of Model computes is code, which no file holds (its tensors can be had by "
          + "--weights-only)")
    }
    let modelName = config["name"]?.text ?? "sequential"
    var layers: [KerasLayer] = []
    for (index, entry) in entries.enumerated() {
      layers.append(try KerasLayer(entry, number: index, path: path))
    }
    self.init(name: modelName, layers: layers, inputs: [], outputs: [])
    if config["input_layers"] != nil {
      try connect(entries, inputs: config["input_layers"], outputs: config["output_layers"], place)
    } else {
      try chain(path: path)
    }
  }

  /// Connects the layers of a Sequential model, one after the other.
  private mutating func chain(path: String) throws(FormatError) {
    guard let first = layers.first else {
      throw FormatError(at: path.isEmpty ? nil : .object(path), "the model has no layers")
    }
    if first.type != .input {
      var implied = first
      implied.name += "_input"
      implied.path += "_input"
      implied.className = "InputLayer"
      implied.type = .input
      implied.isImplied = true
      implied.model = nil
      implied.calls = []
      layers.insert(implied, at: 0)
    }
    layers[0].calls = [[]]
    for index in layers.indices.dropFirst() {
      layers[index].calls = [[Reference(layer: index - 1, call: 0, output: 0)]]
    }
    inputs = [Reference(layer: 0, call: 0, output: 0)]
    outputs = [Reference(layer: layers.count - 1, call: 0, output: 0)]
  }

  /// Connects the layers of a Functional model as their calls say.
  private mutating func connect(
    _ entries: [JSON], inputs: JSON?, outputs: JSON?, _ place: String
  ) throws(FormatError) {
    var numbers: [String: Int] = [:]
    for (index, layer) in layers.enumerated() {
      guard numbers.updateValue(index, forKey: layer.name) == nil else {
        throw layer.settings.fault("two layers have this name")
      }
    }
    var calls: [[[NamedReference]]] = []
    for (index, entry) in entries.enumerated() {
      calls.append(try layers[index].readCalls(entry))
    }
    let entering = try NamedReference.list(inputs, place)
    let leaving = try NamedReference.list(outputs, place)
    // A model that is called as a layer was called once before, when it was made; most versions
    // count that call, though they do not list it.
    var least: [String: Int] = [:]
    for reference in calls.joined().joined() + entering + leaving {
      least[reference.name] = min(least[reference.name] ?? .max, reference.call)
    }
    // Keras 3 counts it where values leave, for Functional models, and nowhere else
    // (keras/src/models/functional.py, `get_config` and `serialize_node`).
    let isThird = entries.contains { entry in
      entry["inbound_nodes"]?.elements?.contains { $0["args"] != nil } == true
    }
    let read = Set((calls.joined().joined() + entering + leaving).map(\.place))
    let numbersRead = Dictionary(grouping: read, by: \.name).mapValues { $0.map(\.call).sorted() }
    func resolve(
      _ reference: NamedReference, leaves: Bool = false
    ) throws(FormatError) -> Reference {
      guard let index = numbers[reference.name] else {
        throw FormatError(
          at: .object(place), "a value of \(reference.name) is read, which is no layer")
      }
      let isCounted =
        isThird ? leaves && layers[index].className != "Sequential" : least[reference.name] == 1
      // 3.0 counts the calls of a layer in all its models, and writes those of this one.
      if isThird, layers[index].model == nil, let read = numbersRead[reference.name],
        read.count == calls[index].count, read[read.count - 1] >= read.count, read[0] >= 0,
        let call = read.place(of: reference.call)
      {
        return Reference(layer: index, call: call, output: reference.output)
      }
      let skipped = layers[index].model != nil && isCounted ? 1 : 0
      guard reference.call >= skipped, reference.output >= 0 else {
        throw layers[index].settings.fault("a value with a negative number is read")
      }
      return Reference(
        layer: index, call: reference.call - skipped, output: reference.output)
    }
    for index in layers.indices {
      var resolved: [[Reference]] = []
      for call in calls[index] {
        var values: [Reference] = []
        for reference in call { values.append(try resolve(reference)) }
        resolved.append(values)
      }
      layers[index].calls = layers[index].type == .input ? [[]] : resolved
    }
    for reference in entering { self.inputs.append(try resolve(reference)) }
    for reference in leaving { self.outputs.append(try resolve(reference, leaves: true)) }
    guard !self.inputs.isEmpty, !self.outputs.isEmpty else {
      throw FormatError(at: .object(place), "expected inputs and outputs of the model, found none")
    }
  }
}

extension KerasLayer {
  /// Ten times the longest that Keras makes. Every layer within a model has the name of that again,
  /// and gives it to all that it becomes.
  private static let pathByteLimit = 2048

  /// A layer without the places where it is called.
  fileprivate init(_ json: JSON, number: Int, path: String) throws(FormatError) {
    let className = (json["class_name"] ?? json["name"])?.text
    guard let className else {
      throw FormatError(
        at: .object(path.isEmpty ? "layers[\(number)]" : "\(path)layers[\(number)]"),
        "expected the class of a layer, found none")
    }
    let config = json["class_name"] == nil ? json : json["config"] ?? .null
    let isWrapped = className == "TensorFlowOpLayer"  // its own name lacks a prefix
    let given =
      json["class_name"] == nil
      ? json["custom_name"] : isWrapped ? json["name"] : config["name"] ?? json["name"]
    let name = given?.text ?? "\(className.lowercased())_\(number + 1)"
    self.name = name
    self.path = path + name
    guard self.path.utf8.count <= Self.pathByteLimit else {
      throw FormatError(
        .refused, at: .object("\(path.prefix(40))...layers[\(number)]"),
        "expected names of at most \(Self.pathByteLimit) bytes with those of the models around, "
          + "found \(self.path.utf8.count)")
    }
    self.className = className
    let isThird = json["inbound_nodes"]?.elements?.contains { $0["args"] != nil } ?? false
    operation = OperatorName(
      className: className, module: json["module"], config: config, isThird: isThird)
    type =
      operation == nil
      ? LayerClass(named: className, module: json["module"])
      : operation?.function == nil ? nil : .operation
    settings = Settings(
      config, of: self.path, keepingAll: type == .dropout || type == .augmentation)
    policy = Self.policy(config["dtype"])
    objectNumber = json["shared_object_id"]?.wholeNumber
    calls = []
    if type == .model || type == nil && config["input_layers"] != nil {
      type = .model
      model = try KerasModel(config, className: className, path: self.path + "/")
    }
  }

  /// The number types that a layer names, if they are not float32.
  private static func policy(_ json: JSON?) -> String? {
    let name = json?.text ?? json?["config"]?["name"]?.text
    return name == "float32" || name == "_infer" ? nil : name
  }

  /// The values that each call reads.
  fileprivate mutating func readCalls(_ json: JSON) throws(FormatError) -> [[NamedReference]] {
    // What is not supported is told before what it is called with.
    guard type != nil else { return (try? readAnyCalls(json)) ?? [] }
    return try readAnyCalls(json)
  }

  private mutating func readAnyCalls(_ json: JSON) throws(FormatError) -> [[NamedReference]] {
    guard let nodes = json["inbound_nodes"]?.elements else {
      throw settings.fault("expected a list of calls (inbound_nodes), found none")
    }
    var calls: [[NamedReference]] = []
    for node in nodes {
      if let operation {
        let (call, values) = try OperatorCall.read(
          node, config: json["config"] ?? .null, operation, place: settings.place)
        operatorCalls.append(call)
        calls.append(values)
        continue
      }
      var call: [NamedReference] = []
      if case .object = node {
        try collect(node["args"] ?? .null, into: &call)
        try check(arguments: node["kwargs"])
      } else if node.elements?.first?.text != nil {
        try readLegacy(node, into: &call)
      } else {
        for value in node.elements ?? [] { try readLegacy(value, into: &call) }
      }
      calls.append(call)
    }
    return calls
  }

  /// `["conv1", 0, 0, {}]`, until Keras 2.
  private func readLegacy(
    _ json: JSON, into call: inout [NamedReference]
  ) throws(FormatError) {
    call.append(try NamedReference(json, settings.place))
    if let elements = json.elements, elements.count > 3 { try check(arguments: elements[3]) }
  }

  /// The values among the arguments of a call, in order, since Keras 3.
  private func collect(_ json: JSON, into call: inout [NamedReference]) throws(FormatError) {
    switch json {
    case .array(let elements):
      for element in elements { try collect(element, into: &call) }
    case .object:
      guard json["class_name"] == .string("__keras_tensor__"),
        let history = json["config"]?["keras_history"]
      else { throw constant }
      call.append(try NamedReference(history, settings.place))
    case .bool, .integer, .double, .string:
      throw constant
    case .null: break
    }
  }

  private var constant: FormatError {
    settings.fault("the layer is called with a constant, which is not supported")
  }

  /// Refuses arguments that change what a layer computes.
  private func check(arguments json: JSON?) throws(FormatError) {
    guard case .object(let members)? = json else { return }
    for member in members where member.value != .null {
      // The default of augmentation in Keras 3, which is written though prediction overrides it.
      let isDefault = type == .augmentation
      guard member.name == "training", member.value == .bool(false) || isDefault else {
        throw settings.fault(
          "the layer is called with \(member.name), which is not supported")
      }
    }
  }
}

/// A value by the name of the layer that makes it: `["conv1", 0, 0]`.
struct NamedReference {
  var name: String
  var call: Int
  var output: Int

  /// The call, whichever of its values.
  var place: Call { Call(name: name, call: call) }

  struct Call: Hashable {
    var name: String
    var call: Int
  }

  init(_ json: JSON, _ place: String) throws(FormatError) {
    guard let parts = json.elements, parts.count >= 3, let name = parts[0].text,
      let call = parts[1].wholeNumber, let output = parts[2].wholeNumber
    else {
      throw FormatError(
        at: .object(place),
        "expected a value as the name of a layer and two numbers, found \(json.kind)")
    }
    self.name = name
    self.call = call
    self.output = output
  }

  /// The values that `json` names: one, or an array or object of them.
  static func list(_ json: JSON?, _ place: String) throws(FormatError) -> [NamedReference] {
    guard let json else { return [] }
    if json.elements?.first?.text != nil { return [try NamedReference(json, place)] }
    var values = json.elements ?? []
    if case .object(let members) = json, json.elements == nil { values = members.map(\.value) }
    var list: [NamedReference] = []
    for value in values { list += try NamedReference.list(value, place) }
    return list
  }
}

extension [Int] {
  /// Where a number is among sorted ones, in the time of a few: each of many calls asks.
  fileprivate func place(of number: Int) -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == number ? low : nil
  }
}
