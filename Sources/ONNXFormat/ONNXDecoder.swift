internal import Files
internal import Protobuf
internal import TensorCore

/// Decodes an ONNX file, trusting nothing in it.
///
/// Nothing recurses but the walk into fields of fields that the schema has: graphs in attributes stay
/// unread, so that no depth of nesting matters. What is kept is bounded by counts.
struct ONNXDecoder {
  /// More than any network has by a hundred times.
  static let nodeLimit = 100_000
  static let initializerLimit = 100_000
  static let listLimit = 100_000

  let bytes: Bytes
  let model, opset, pair, graph, node, attribute, tensor, valueInfo, type,
    tensorType: FieldNames
  let shape, dimension, function: FieldNames
  var unknown: Set<String> = []
  /// All lists of nodes together.
  private var nodeCount = 0

  init(_ bytes: Bytes) {
    self.bytes = bytes
    let schema = ONNXSchema()
    func names(_ field: String, _ outer: MessageSchema) -> FieldNames {
      FieldNames(ONNXSchema.inner(field, of: outer))
    }
    model = FieldNames(schema.model)
    opset = names("opset_import", schema.model)
    pair = names("metadata_props", schema.model)
    graph = FieldNames(schema.graph)
    node = FieldNames(schema.node)
    attribute = FieldNames(schema.attribute)
    tensor = FieldNames(schema.tensor)
    valueInfo = FieldNames(schema.valueInfo)
    function = FieldNames(schema.function)
    let typeSchema = ONNXSchema.inner("type", of: schema.valueInfo)
    type = FieldNames(typeSchema)
    let tensorSchema = ONNXSchema.inner("tensor_type", of: typeSchema)
    tensorType = FieldNames(tensorSchema)
    let shapeSchema = ONNXSchema.inner("shape", of: tensorSchema)
    shape = FieldNames(shapeSchema)
    dimension = names("dim", shapeSchema)
  }

  /// The file.
  ///
  /// - Throws: `FormatError` with the byte offset of what is wrong.
  mutating func decode() throws(FormatError) -> ONNXModel {
    let bytes = bytes
    return try bytes.withSpan { (span) throws(FormatError) in try decode(span) }
  }

  private mutating func decode(_ span: RawSpan) throws(FormatError) -> ONNXModel {
    var result = ONNXModel(
      irVersion: 0, opsets: [:], graph: ONNXGraph(), functions: [:], metadata: [],
      unknownFields: [])
    var hasGraph = false
    var reader = FieldReader(WireReader(0..<bytes.count), model)
    while let (name, field) = try reader.next(in: span) {
      switch (name, field.value) {
      case ("ir_version", .varint(let value)): result.irVersion = Int(truncatingIfNeeded: value)
      case ("opset_import", .lengthPrefixed(let range)):
        let (domain, version) = try opset(try reader.wire.message(in: range), span)
        result.opsets[domain] = version
      case ("metadata_props", .lengthPrefixed(let range)):
        result.metadata.append(try pair(try reader.wire.message(in: range), span))
        try limit(result.metadata.count, field)
      case ("graph", .lengthPrefixed(let range)):
        guard !hasGraph else {
          throw FormatError(at: .byte(field.offset), "expected one graph, found a second")
        }
        hasGraph = true
        result.graph = try graph(try reader.wire.message(in: range), span)
      case ("functions", .lengthPrefixed(let range)):
        let function = try function(try reader.wire.message(in: range), span)
        guard result.functions.updateValue(function, forKey: function.key) == nil else {
          throw FormatError(
            at: .byte(field.offset),
            "expected functions of different names, found two named \(function.key.name)")
        }
        try limit(result.functions.count, field)
      default: break
      }
    }
    note(reader)
    guard hasGraph else {
      throw FormatError(.badModel, "expected a graph, found none in this ONNX file")
    }
    result.unknownFields = unknown.sorted()
    return result
  }

  private mutating func graph(
    _ wire: WireReader, _ span: RawSpan
  ) throws(FormatError) -> ONNXGraph {
    var result = ONNXGraph()
    var reader = FieldReader(wire, graph)
    while let (name, field) = try reader.next(in: span) {
      guard case .lengthPrefixed(let range) = field.value else { continue }
      switch name {
      case "name": result.name = try text(range, span)
      case "node":
        result.nodes.append(try node(try reader.wire.message(in: range), span, field))
      case "initializer":
        guard result.initializers.count < Self.initializerLimit else {
          throw FormatError(
            at: .byte(field.offset),
            "expected at most \(Self.initializerLimit) initializers, found more")
        }
        result.initializers.append(try tensor(try reader.wire.message(in: range), span, field))
      case "input":
        result.inputs.append(try valueInfo(try reader.wire.message(in: range), span))
        try limit(result.inputs.count, field)
      case "output":
        result.outputs.append(try valueInfo(try reader.wire.message(in: range), span))
        try limit(result.outputs.count, field)
      case "sparse_initializer": result.hasSparseInitializers = true
      default: break
      }
    }
    note(reader)
    return result
  }

  private mutating func node(
    _ wire: WireReader, _ span: RawSpan, _ place: WireField
  ) throws(FormatError) -> ONNXNode {
    nodeCount += 1
    guard nodeCount <= Self.nodeLimit else {
      throw FormatError(
        at: .byte(place.offset), "expected at most \(Self.nodeLimit) nodes, found more")
    }
    var result = ONNXNode()
    result.byteOffset = place.offset
    var reader = FieldReader(wire, node)
    while let (name, field) = try reader.next(in: span) {
      guard case .lengthPrefixed(let range) = field.value else { continue }
      switch name {
      case "input":
        result.inputs.append(try text(range, span))
        try limit(result.inputs.count, field)
      case "output":
        result.outputs.append(try text(range, span))
        try limit(result.outputs.count, field)
      case "name": result.name = try text(range, span)
      case "op_type": result.op = try text(range, span)
      case "domain": result.domain = try text(range, span)
      case "attribute":
        result.attributes.append(try attribute(try reader.wire.message(in: range), span))
        try limit(result.attributes.count, field)
      default: break
      }
    }
    if result.domain == "ai.onnx" { result.domain = "" }
    note(reader)
    return result
  }

  private mutating func valueInfo(
    _ wire: WireReader, _ span: RawSpan
  ) throws(FormatError) -> ONNXValueInfo {
    var result = ONNXValueInfo()
    var reader = FieldReader(wire, valueInfo)
    while let (name, field) = try reader.next(in: span) {
      guard case .lengthPrefixed(let range) = field.value else { continue }
      switch name {
      case "name": result.name = try text(range, span)
      case "type":
        var types = FieldReader(try reader.wire.message(in: range), type)
        while let (name, field) = try types.next(in: span) {
          guard name == "tensor_type", case .lengthPrefixed(let range) = field.value else {
            continue
          }
          try readTensorType(try types.wire.message(in: range), span, into: &result)
        }
        note(types)
      default: break
      }
    }
    note(reader)
    return result
  }

  private mutating func readTensorType(
    _ wire: WireReader, _ span: RawSpan, into result: inout ONNXValueInfo
  ) throws(FormatError) {
    var reader = FieldReader(wire, tensorType)
    while let (name, field) = try reader.next(in: span) {
      switch (name, field.value) {
      case ("elem_type", .varint(let value)): result.dataType = Int(truncatingIfNeeded: value)
      case ("shape", .lengthPrefixed(let range)):
        var dimensions: [ONNXValueInfo.Dimension] = []
        var shapes = FieldReader(try reader.wire.message(in: range), shape)
        while let (_, field) = try shapes.next(in: span) {
          guard case .lengthPrefixed(let range) = field.value else { continue }
          var extent = ONNXValueInfo.Dimension.open("")
          var extents = FieldReader(try shapes.wire.message(in: range), dimension)
          while let (name, field) = try extents.next(in: span) {
            switch (name, field.value) {
            case ("dim_value", .varint(let value)): extent = .value(Int(truncatingIfNeeded: value))
            case ("dim_param", .lengthPrefixed(let range)): extent = .open(try text(range, span))
            default: break
            }
          }
          dimensions.append(extent)
          guard dimensions.count <= 64 else {
            throw FormatError(
              at: .byte(field.offset), "expected a shape of at most 64 axes, found more")
          }
        }
        result.dimensions = dimensions
      default: break
      }
    }
    note(reader)
  }

  private mutating func function(
    _ wire: WireReader, _ span: RawSpan
  ) throws(FormatError) -> ONNXFunction {
    var result = ONNXFunction()
    var reader = FieldReader(wire, function)
    while let (name, field) = try reader.next(in: span) {
      guard case .lengthPrefixed(let range) = field.value else { continue }
      switch name {
      case "name": result.key.name = try text(range, span)
      case "domain": result.key.domain = try text(range, span)
      case "input": result.inputs.append(try text(range, span))
      case "output": result.outputs.append(try text(range, span))
      case "attribute_proto":
        result.defaults.append(try attribute(try reader.wire.message(in: range), span))
      case "node": result.nodes.append(try node(try reader.wire.message(in: range), span, field))
      case "opset_import":
        let (domain, version) = try opset(try reader.wire.message(in: range), span)
        result.opsets[domain] = version
      default: break
      }
      try limit(result.inputs.count + result.outputs.count + result.defaults.count, field)
    }
    note(reader)
    return result
  }

  private mutating func opset(
    _ wire: WireReader, _ span: RawSpan
  ) throws(FormatError) -> (domain: String, version: Int) {
    var (domain, version) = ("", 0)
    var reader = FieldReader(wire, opset)
    while let (name, field) = try reader.next(in: span) {
      switch (name, field.value) {
      case ("domain", .lengthPrefixed(let range)): domain = try text(range, span)
      case ("version", .varint(let value)): version = Int(truncatingIfNeeded: value)
      default: break
      }
    }
    note(reader)
    return (domain == "ai.onnx" ? "" : domain, version)
  }

  mutating func pair(
    _ wire: WireReader, _ span: RawSpan
  ) throws(FormatError) -> (key: String, value: String) {
    var (key, value) = ("", "")
    var reader = FieldReader(wire, pair)
    while let (name, field) = try reader.next(in: span) {
      guard case .lengthPrefixed(let range) = field.value else { continue }
      if name == "key" { key = try text(range, span) } else { value = try text(range, span) }
    }
    note(reader)
    return (key, value)
  }
}
