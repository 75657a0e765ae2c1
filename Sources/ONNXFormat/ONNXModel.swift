internal import Files
internal import TensorCore

/// An ONNX file as it stands: names, attributes, and tensors left where they lie.
struct ONNXModel {
  /// The version of the file format.
  var irVersion: Int
  /// Versions of the sets of operators by domain; `""` is ONNX' own.
  var opsets: [String: Int]
  var graph: ONNXGraph
  /// Functions of the file by domain and name.
  var functions: [ONNXFunction.Key: ONNXFunction]
  var metadata: [(key: String, value: String)]
  /// Fields that the schema does not have: `field 99 of NodeProto`.
  var unknownFields: [String]
}

/// A graph of nodes over named values.
struct ONNXGraph {
  var name = ""
  var nodes: [ONNXNode] = []
  var initializers: [ONNXTensor] = []
  var inputs: [ONNXValueInfo] = []
  var outputs: [ONNXValueInfo] = []
  /// Whether it has initializers in a sparse form.
  var hasSparseInitializers = false
}

/// An operator at its place.
struct ONNXNode {
  var name = ""
  var op = ""
  var domain = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [ONNXAttribute] = []
  /// Where it begins in the file.
  var byteOffset = 0

  /// What errors call it: its name, or the first value it makes.
  var place: String {
    name.isEmpty ? outputs.first { !$0.isEmpty } ?? "node at byte \(byteOffset)" : name
  }
}

/// A parameter of a node.
struct ONNXAttribute {
  enum Value {
    case float(Float)
    case int(Int)
    case string(String)
    case tensor(ONNXTensor)
    case floats([Float])
    case ints([Int])
    case strings([String])
    /// The attribute of the function around the node that has the value.
    case reference(String)
    /// A graph, a sparse tensor, a type: only operators that are refused have them.
    case other(String)
  }

  var name: String
  var value: Value
}

/// A tensor: its elements stay where they lie.
struct ONNXTensor {
  /// Where elements are.
  enum Elements {
    /// Little-endian, in this file.
    case raw(Range<Int>)
    /// Runs of one of the typed fields; `field` is its name.
    case typed(field: String, [WireRun])
    /// In another file.
    case external([String: String])
  }

  /// One packed run, or one element.
  enum WireRun {
    case bytes(Range<Int>)
    case varint(UInt64)
  }

  var name = ""
  var dimensions: [Int] = []
  /// A value of `DataType`.
  var dataType = 0
  var elements = Elements.typed(field: "", [])
  /// Where the message begins in the file.
  var byteOffset = 0
}

/// An input or an output of a graph.
struct ONNXValueInfo {
  /// One extent.
  enum Dimension: Equatable {
    case value(Int)
    /// A name that stands for a number, or nothing.
    case open(String)
  }

  var name = ""
  /// A value of `DataType`; nil where it is no tensor or has no type.
  var dataType: Int?
  /// The extents; nil where the shape is missing.
  var dimensions: [Dimension]?
}

/// Nodes that stand for one node.
struct ONNXFunction {
  struct Key: Hashable {
    var domain: String
    var name: String
  }

  var key = Key(domain: "", name: "")
  var inputs: [String] = []
  var outputs: [String] = []
  /// Attributes with the values they have where a node gives none.
  var defaults: [ONNXAttribute] = []
  var nodes: [ONNXNode] = []
  var opsets: [String: Int] = [:]
}

/// Values of `DataType` in TensorProto.
enum ONNXType {
  static let float = 1
  static let int32 = 6
  static let int64 = 7
  static let bool = 9
  static let float16 = 10
  static let double = 11
  static let bfloat16 = 16

  private static let names = [
    "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL",
    "FLOAT16", "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN",
    "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1", "FLOAT8E8M0",
    "UINT2", "INT2",
  ]

  /// What the schema calls a type.
  static func name(_ type: Int) -> String {
    names.indices.contains(type) ? names[type] : "type \(type)"
  }

  /// The type of weights; nil for one that no weight has.
  static func elementType(_ type: Int) -> ElementType? {
    switch type {
    case float: .float32
    case float16: .float16
    case double: .float64
    case bfloat16: .bfloat16
    default: nil
    }
  }
}
