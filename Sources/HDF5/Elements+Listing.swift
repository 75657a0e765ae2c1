internal import CHDF5
internal import TensorCore

extension HDF5File.Elements {
  /// Describes the type of a dataset's elements.
  init(_ type: borrowing Handle) {
    let kind = H5Tget_class(type.id)
    guard kind != H5T_OPAQUE else {
      self = .opaque(byteCount: H5Tget_size(type.id))
      return
    }
    guard kind == H5T_FLOAT else {
      self = .other(HDF5File.Elements.name(of: kind))
      return
    }
    let order = H5Tget_order(type.id)
    let found = FloatLayout(type)
    guard let (elementType, _) = FloatLayout.known.first(where: { $0.layout == found }),
      order == H5T_ORDER_LE || order == H5T_ORDER_BE
    else {
      self = .other("numbers of \(H5Tget_size(type.id)) bytes that are not IEEE 754")
      return
    }
    self = .numbers(elementType, isBigEndian: order == H5T_ORDER_BE)
  }

  /// The name of a class of types, for messages.
  static func name(of kind: H5T_class_t) -> String {
    switch kind {
    case H5T_INTEGER: "integers"
    case H5T_TIME: "times"
    case H5T_STRING: "strings"
    case H5T_BITFIELD: "bit fields"
    case H5T_OPAQUE: "opaque data"
    case H5T_COMPOUND: "compounds"
    case H5T_REFERENCE: "references"
    case H5T_ENUM: "enumerated values"
    case H5T_VLEN: "lists of variable length"
    case H5T_ARRAY: "arrays"
    default: "an unknown type"
    }
  }
}

/// Where the parts of a floating-point number are, in bits from the lowest.
private struct FloatLayout: Equatable {
  var byteCount: Int
  var precision: Int
  var start = 0
  var signPosition: Int
  var exponentStart: Int
  var exponentCount: Int
  var fractionStart = 0
  var fractionCount: Int
  var bias: Int
  /// The highest bit of the fraction is 1 and not stored.
  var hasImpliedBit = true

  static let known: [(elementType: ElementType, layout: FloatLayout)] = [
    (.float16, FloatLayout(exponentCount: 5, fractionCount: 10)),
    (.bfloat16, FloatLayout(exponentCount: 8, fractionCount: 7)),
    (.float32, FloatLayout(exponentCount: 8, fractionCount: 23)),
    (.float64, FloatLayout(exponentCount: 11, fractionCount: 52)),
  ]

  /// As IEEE 754 lays numbers out: sign, exponent, fraction.
  init(exponentCount: Int, fractionCount: Int) {
    precision = 1 + exponentCount + fractionCount
    byteCount = precision / 8
    signPosition = precision - 1
    exponentStart = fractionCount
    self.exponentCount = exponentCount
    self.fractionCount = fractionCount
    bias = 1 << (exponentCount - 1) - 1
  }

  init?(_ type: borrowing Handle) {
    var (sign, exponent, exponentSize, fraction, fractionSize) = (0, 0, 0, 0, 0)
    let id = type.id
    guard H5Tget_fields(id, &sign, &exponent, &exponentSize, &fraction, &fractionSize) >= 0 else {
      return nil
    }
    byteCount = H5Tget_size(id)
    precision = H5Tget_precision(id)
    start = Int(H5Tget_offset(id))
    signPosition = sign
    exponentStart = exponent
    exponentCount = exponentSize
    fractionStart = fraction
    fractionCount = fractionSize
    bias = Int(clamping: H5Tget_ebias(id))
    hasImpliedBit = H5Tget_norm(id) == H5T_NORM_IMPLIED
  }
}
