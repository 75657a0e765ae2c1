package import TensorCore

/// Where the parts of a floating-point number are, in bits from the lowest.
package struct FloatLayout: Equatable {
  package var byteCount: Int
  package var precision: Int
  package var start: Int
  package var signPosition: Int
  package var exponentStart: Int
  package var exponentCount: Int
  package var fractionStart: Int
  package var fractionCount: Int
  package var bias: Int
  /// The highest bit of the fraction is 1 and not stored.
  package var hasImpliedBit: Bool

  package init(
    byteCount: Int, precision: Int, start: Int, signPosition: Int, exponentStart: Int,
    exponentCount: Int, fractionStart: Int, fractionCount: Int, bias: Int, hasImpliedBit: Bool
  ) {
    self.byteCount = byteCount
    self.precision = precision
    self.start = start
    self.signPosition = signPosition
    self.exponentStart = exponentStart
    self.exponentCount = exponentCount
    self.fractionStart = fractionStart
    self.fractionCount = fractionCount
    self.bias = bias
    self.hasImpliedBit = hasImpliedBit
  }

  /// As IEEE 754 lays numbers out: sign, exponent, fraction.
  private init(exponentCount: Int, fractionCount: Int) {
    let precision = 1 + exponentCount + fractionCount
    self.init(
      byteCount: precision / 8, precision: precision, start: 0, signPosition: precision - 1,
      exponentStart: fractionCount, exponentCount: exponentCount, fractionStart: 0,
      fractionCount: fractionCount, bias: 1 << (exponentCount - 1) - 1, hasImpliedBit: true)
  }

  private static let known: [(elementType: ElementType, layout: FloatLayout)] = [
    (.float16, FloatLayout(exponentCount: 5, fractionCount: 10)),
    (.bfloat16, FloatLayout(exponentCount: 8, fractionCount: 7)),
    (.float32, FloatLayout(exponentCount: 8, fractionCount: 23)),
    (.float64, FloatLayout(exponentCount: 11, fractionCount: 52)),
  ]

  /// The type of numbers that are laid out so; nil if there is none.
  package var elementType: ElementType? {
    FloatLayout.known.first { $0.layout == self }?.elementType
  }
}

extension HDF5File.Elements {
  /// Numbers of another layout, in words.
  package static func oddNumbers(byteCount: Int) -> String {
    "numbers of \(byteCount) bytes that are not IEEE 754"
  }

  /// The name of a class of types, by the number that the specification gives it.
  package static func name(ofClass number: Int) -> String {
    switch number {
    case 0: "integers"
    case 1: "numbers"
    case 2: "times"
    case 3: "strings"
    case 4: "bit fields"
    case 5: "opaque data"
    case 6: "compounds"
    case 7: "references"
    case 8: "enumerated values"
    case 9: "lists of variable length"
    case 10: "arrays"
    case 11: "complex numbers"
    default: "an unknown type"
    }
  }
}
