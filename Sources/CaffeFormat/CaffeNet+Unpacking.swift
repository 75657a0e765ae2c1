internal import CModelSchemas
internal import CProtobufC
internal import Files
internal import Protobuf
internal import TensorCore

extension CaffeNet {
  /// Decodes a definition and brings it to the present dialect.
  ///
  /// - Parameters:
  ///   - unknownFields: by the number of their layer; those of the network itself are at −1.
  ///   - budget: what decoding may allocate.
  init(
    _ message: NetMessage, notes: [String] = [], unknownFields: [Int: [UnknownField]] = [:],
    budget: AllocationBudget = AllocationBudget()
  ) throws(FormatError) {
    var budget = budget
    let net = try budget.withAllocator { allocator throws(FormatError) -> CaffeNet? in
      let unpacked = message.definition.withUnsafeBufferPointer {
        caffe__net_parameter__unpack(allocator, $0.count, $0.baseAddress)
      }
      guard let unpacked else { return nil }
      defer { caffe__net_parameter__free_unpacked(unpacked, allocator) }
      return try CaffeNet(unpacked.pointee, of: message, notes: notes, unknownFields)
    }
    guard let net else { throw budget.shortage }
    self = net
  }

  /// Copies everything out of a decoded message.
  private init(
    _ net: Caffe__NetParameter, of message: NetMessage, notes: [String],
    _ unknownFields: [Int: [UnknownField]]
  ) throws(FormatError) {
    guard net.n_layers == 0 || net.n_layer == 0 else {
      throw FormatError(
        .badModel,
        "expected either layer or layers, found \(net.n_layer) of the one and \(net.n_layers) of the other"
      )
    }
    name = text(net.name)
    stages = texts(net.state?.pointee.stage, net.state?.pointee.n_stage ?? 0)
    level = net.state.flatMap { $0.pointee.has_level != 0 ? Int($0.pointee.level) : nil }
    self.notes = notes
    forkFields = message.forkFields
    self.unknownFields = unknownFields[-1] ?? []
    let old = elements(net.layers, net.n_layers)
    if old.contains(where: { $0.pointee.layer != nil }) {
      generation = .v0
      layers = try CaffeNet.upgradedLayers(old, of: message, unknownFields, notes: &self.notes)
    } else {
      generation = old.isEmpty ? .v2 : .v1
      layers = old.map { CaffeLayer($0.pointee) }
      layers += elements(net.layer, net.n_layer).map { CaffeLayer($0.pointee) }
      for (index, stored) in message.blobs.enumerated() {
        layers[index].blobs = stored
        layers[index].unknownFields = unknownFields[index] ?? []
      }
    }
    try CaffeNet.check([name] + texts(net.input, net.n_input), at: nil)
    for (index, layer) in layers.enumerated() {
      let names = [layer.name, layer.type] + layer.bottoms + layer.tops
      let shared = layer.sharedBlobs.compactMap { $0?.name }
      try CaffeNet.check(names + shared, at: .object("layer \(index + 1)"))
    }
    if let input = try CaffeNet.inputLayer(net) { layers.insert(input, at: 0) }
  }

  /// The fields `input`, `input_shape` and `input_dim` as an Input layer.
  private static func inputLayer(_ net: Caffe__NetParameter) throws(FormatError) -> CaffeLayer? {
    let names = texts(net.input, net.n_input)
    guard !names.isEmpty else { return nil }
    var shapes = elements(net.input_shape, net.n_input_shape).map(extents)
    let dimensions = numbers(net.input_dim, net.n_input_dim)
    if shapes.isEmpty, !dimensions.isEmpty {
      guard dimensions.count == 4 * names.count else {
        throw FormatError(
          at: .object("input_dim"),
          "expected 4 extents for each of \(names.count) inputs, found \(dimensions.count)")
      }
      shapes = names.indices.map { Array(dimensions[4 * $0..<4 * $0 + 4]) }
    }
    guard shapes.isEmpty || shapes.count == names.count else {
      throw FormatError(
        at: .object("input_shape"),
        "expected a shape for each of \(names.count) inputs, found \(shapes.count)")
    }
    return CaffeLayer(
      name: "input", type: "Input", operation: .input(shapes: shapes), bottoms: [], tops: names)
  }

  /// Refuses names that would make a mess of messages and tables.
  private static func check(
    _ names: [String], at location: FormatError.Location?
  ) throws(FormatError) {
    for name in names {
      guard name.utf8.count <= 1024 else {
        throw FormatError(
          at: location, "expected names of at most 1024 bytes, found one of \(name.utf8.count)")
      }
      // The bytes first: looking up a character's category is slow.
      let isPrintable =
        name.utf8.allSatisfy { 0x20..<0x7f ~= $0 }
        || name.unicodeScalars.allSatisfy {
          $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
      guard isPrintable else {
        throw FormatError(
          at: location, "expected names without control characters, found \(quoted(name))")
      }
    }
  }
}

extension CaffeLayer {
  /// A layer of the present dialect.
  init(_ layer: Caffe__LayerParameter) {
    name = text(layer.name)
    type = text(layer.type)
    bottoms = texts(layer.bottom, layer.n_bottom)
    tops = texts(layer.top, layer.n_top)
    operation = CaffeOperation(type: type, ParameterMessages(layer))
    sharedBlobs = elements(layer.param, layer.n_param).map { param in
      let name = text(param.pointee.name)
      let isPermissive =
        param.pointee.has_share_mode != 0
        && param.pointee.share_mode == CAFFE__PARAM_SPEC__DIM_CHECK_MODE__PERMISSIVE
      return name.isEmpty ? nil : SharedBlob(name: name, isPermissive: isPermissive)
    }
    include = elements(layer.include, layer.n_include).map { StateRule($0.pointee) }
    exclude = elements(layer.exclude, layer.n_exclude).map { StateRule($0.pointee) }
    phase = layer.has_phase != 0 ? Phase(layer.phase) : nil
  }

  /// A layer of the dialect of 2014.
  init(_ layer: Caffe__V1LayerParameter) {
    name = text(layer.name)
    type = CaffeLayer.typeName(of: layer)
    bottoms = texts(layer.bottom, layer.n_bottom)
    tops = texts(layer.top, layer.n_top)
    operation = CaffeOperation(type: type, ParameterMessages(layer))
    let modes = UnsafeBufferPointer(start: layer.blob_share_mode, count: layer.n_blob_share_mode)
    sharedBlobs = texts(layer.param, layer.n_param).enumerated().map { index, name in
      let isPermissive =
        index < modes.count
        && modes[index] == CAFFE__V1_LAYER_PARAMETER__DIM_CHECK_MODE__PERMISSIVE
      return name.isEmpty ? nil : SharedBlob(name: name, isPermissive: isPermissive)
    }
    include = elements(layer.include, layer.n_include).map { StateRule($0.pointee) }
    exclude = elements(layer.exclude, layer.n_exclude).map { StateRule($0.pointee) }
  }
}

extension CaffeLayer.Phase {
  fileprivate init(_ phase: Caffe__Phase) {
    self = phase == CAFFE__PHASE__TRAIN ? .train : .test
  }
}

extension CaffeLayer.StateRule {
  fileprivate init(_ rule: Caffe__NetStateRule) {
    phase = rule.has_phase != 0 ? CaffeLayer.Phase(rule.phase) : nil
    minimumLevel = rule.has_min_level != 0 ? Int(rule.min_level) : nil
    maximumLevel = rule.has_max_level != 0 ? Int(rule.max_level) : nil
    stages = texts(rule.stage, rule.n_stage)
    excludedStages = texts(rule.not_stage, rule.n_not_stage)
  }
}
