internal import Files
internal import ModelGraph
internal import TensorCore

// Two values of different extents.
extension NetworkBuilder {
  /// The sum or product of a value and a smaller one that is repeated along the axes where it has
  /// one element, as in squeeze and excitation or in spatial attention; nil if they are no such pair.
  ///
  /// - Parameter coefficients: the factors of a sum.
  mutating func broadcast(
    _ layer: KerasLayer, _ operation: Layer.Elementwise.Operation, _ inputs: [KerasValue],
    coefficients: [Double] = [1, 1]
  ) throws(FormatError) -> KerasValue? {
    let (first, second) = (inputs[0].shape, inputs[1].shape)
    guard first != second, first.rank == second.rank, operation != .maximum else { return nil }
    func isOperand(_ small: Shape, of large: Shape) -> Bool {
      small[0] == large[0] && (1..<large.rank).allSatisfy { [1, large[$0]].contains(small[$0]) }
    }
    let swapped = isOperand(first, of: second)
    guard swapped || isOperand(second, of: first) else { return nil }
    var inputs = inputs
    for (index, factor) in coefficients.enumerated() where factor != 1 {
      inputs[index] = try add(
        "\(layer.path)/coefficient\(index)", [Part(nil, .power(.init(scale: factor)))],
        to: [inputs[index]])
    }
    let (value, operand) = swapped ? (inputs[1], inputs[0]) : (inputs[0], inputs[1])
    let rank = value.shape.rank
    let isVector = operand.shape.dimensions.dropFirst(2).allSatisfy { $0 == 1 }
    let repeated = (1..<rank).filter {
      operand.shape[$0] != value.shape[$0] || isVector && $0 > 1 && operand.shape[1] > 1
    }
    let shared = [0] + (1..<rank).filter { !repeated.contains($0) }
    let main: Layer =
      operation == .product ? .scale(.init(scale: nil, axis: 0)) : .bias(.init(bias: nil, axis: 0))
    // The operand lies along the first axes, so that what is repeated comes last.
    let order = shared + repeated
    let factors: Layer =
      shared == [0, 1]
      ? .flatten(.init())
      : .reshape(.init(extents: shared.dropFirst().map { operand.shape[$0] }, axis: 1))
    let rows = try add("\(layer.path)/operand", [Part(nil, factors)], to: [operand])
    guard order != Array(0..<rank) else {
      return try add(layer.path, [Part(nil, main)], to: [value, rows])
    }
    let moved = try add(
      "\(layer.path)/value", [Part(nil, .permutation(.init(axes: order)))], to: [value])
    let result = try add("\(layer.path)/\(operation)", [Part(nil, main)], to: [moved, rows])
    let back = (0..<rank).map { axis in order.firstIndex(of: axis)! }  // each axis once
    return try add(layer.path, [Part(nil, .permutation(.init(axes: back)))], to: [result])
  }

  /// Values with as many axes as the one that has most: `Add` and its like put axes of 1 behind the
  /// batch of the others.
  mutating func sameRank(
    _ layer: KerasLayer, _ inputs: [KerasValue]
  ) throws(FormatError) -> [KerasValue] {
    let rank = inputs.map(\.kerasShape.rank).max() ?? 0
    var result: [KerasValue] = []
    for (index, input) in inputs.enumerated() {
      let shape = input.kerasShape
      guard shape.rank < rank else {
        result.append(input)
        continue
      }
      let ones = [Int](repeating: 1, count: rank - shape.rank)
      result.append(
        try reshaped(
          layer, named: "\(layer.path)/operand\(index)",
          to: ones + Array(shape.dimensions.dropFirst()), input))
    }
    return result
  }
}
