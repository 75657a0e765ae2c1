internal import Files
internal import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

// Arithmetic of constants.
extension GraphReader {
  func arithmetic(_ a: Constant, _ b: Constant) throws(FormatError) -> Constant? {
    guard let whole = Shape(broadcasting: a.shape, b.shape), whole.elementCount <= Self.limit else {
      throw node.fault("expected operands that fit each other, found \(a.shape) and \(b.shape)")
    }
    if let x = a.broadcast(to: whole).integers, let y = b.broadcast(to: whole).integers {
      var list: [Int] = []
      for (x, y) in zip(x, y) {
        let result: (partialValue: Int, overflow: Bool)
        switch node.op {
        case "Add": result = x.addingReportingOverflow(y)
        case "Sub": result = x.subtractingReportingOverflow(y)
        case "Mul": result = x.multipliedReportingOverflow(by: y)
        case "Div": result = x.dividedReportingOverflow(by: y)
        case "Max": result = (max(x, y), false)
        case "Min": result = (min(x, y), false)
        case "Equal": result = (x == y ? 1 : 0, false)
        default: return nil
        }
        guard !result.overflow else { throw node.fault("\(x) and \(y) have no \(node.op)") }
        list.append(result.partialValue)
      }
      return Constant(.integers(list), whole)
    }
    guard let p = a.tensor, let x = a.broadcast(to: whole).doubles,
      let q = b.tensor, let y = b.broadcast(to: whole).doubles
    else { return nil }
    let pairs = zip(x, y)
    let numbers: [Double]
    switch node.op {
    case "Add": numbers = pairs.map { $0 + $1 }
    case "Sub": numbers = pairs.map { $0 - $1 }
    case "Mul": numbers = pairs.map { $0 * $1 }
    case "Div": numbers = pairs.map { $0 / $1 }
    case "Max": numbers = pairs.map { max($0, $1) }
    case "Min": numbers = pairs.map { min($0, $1) }
    case "Pow": numbers = pairs.map { pow($0, $1) }
    case "Equal": return Constant(.integers(pairs.map { $0 == $1 ? 1 : 0 }), whole)
    default: return nil
    }
    return Constant(computed: .like(p.elementType == .float64 ? p : q, whole, numbers))
  }

  func unary(_ constant: Constant) throws(FormatError) -> Constant? {
    if let list = constant.integers {
      switch node.op {
      case "Neg": return Constant(.integers(list.map { 0 &- $0 }), constant.shape)
      case "Abs": return Constant(.integers(list.map { $0 < 0 ? 0 &- $0 : $0 }), constant.shape)
      default: return nil
      }
    }
    guard let tensor = constant.tensor else { return nil }
    let function: (Double) -> Double
    switch node.op {
    case "Neg": function = { -$0 }
    case "Abs": function = { abs($0) }
    case "Sqrt": function = { $0.squareRoot() }
    case "Reciprocal": function = { 1 / $0 }
    case "Exp": function = { exp($0) }
    case "Log": function = { log($0) }
    case "Floor": function = { $0.rounded(.down) }
    default: function = { $0.rounded(.up) }
    }
    return Constant(computed: .like(tensor, tensor.shape, tensor.doubles.map(function)))
  }
}
