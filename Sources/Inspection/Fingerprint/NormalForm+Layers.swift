internal import ModelGraph
internal import TensorCore

extension NormalForm {
  /// Adds a node, all of whose inputs were added.
  mutating func add(_ node: Node) {
    let inputs = node.inputs.map { values[$0]! }  // made by an earlier node: checked by Network
    let made: [Int]
    if case .slice(let layer) = node.layer {
      made = slices(of: inputs[0], layer, node)
    } else {
      made = [term(for: node, reading: inputs)]
    }
    for (value, term) in zip(node.outputs, made) { values[value] = term }
  }

  private func inputShape(_ node: Node, _ index: Int = 0) -> Shape { shapes[node.inputs[index]]! }

  private func outputShape(_ node: Node) -> Shape { shapes[node.outputs[0]]! }

  private mutating func term(for node: Node, reading inputs: [Int]) -> Int {
    let input = inputs.first ?? 0
    switch node.layer {
    case .input: return appendInput(outputShape(node))
    case .convolution(let layer): return append(layer, to: input, output: outputShape(node))
    case .fullyConnected(let layer): return append(layer, to: input, output: outputShape(node))
    case .batchNormalization(let layer):
      return append(affine: { $0.normalize(layer) }, to: input)
    case .scale(let layer):
      guard layer.scale == nil else {
        return append(factor: layer.scale, addend: layer.bias, axis: layer.axis, to: input)
      }
      let product = combine("product", node, inputs, axis: layer.axis)
      return append(factor: nil, addend: layer.bias, axis: layer.axis, to: product)
    case .bias(let layer):
      guard layer.bias == nil else {
        return append(factor: nil, addend: layer.bias, axis: layer.axis, to: input)
      }
      return combine("sum", node, inputs, axis: layer.axis)
    case .activation(let function): return append(function, to: input)
    case .prelu(let layer): return append(layer, to: input)
    case .pooling(let layer):
      return append(layer, to: input, from: inputShape(node), output: outputShape(node))
    case .globalPooling(let layer): return append(layer, to: input, from: inputShape(node))
    case .elementwise(let layer): return append(layer, node, inputs)
    case .concatenation(let layer):
      guard inputs.count > 1 else { return input }
      return append(
        "concatenation axis=\(layer.axis) inputs=\(inputs.count)", inputs,
        extents: outputShape(node).dimensions,
        isNonNegative: inputs.allSatisfy { self[$0].isNonNegative })
    case .slice: preconditionFailure("a slice has several outputs")
    case .crop(let layer):
      let elements = Array(layer.elements(of: inputShape(node)[layer.axis]))
      return append(move: [layer.axis: elements], of: input)
    case .zeroPadding(let layer): return append(layer, to: input, from: inputShape(node))
    case .flatten, .reshape: return append(reshape: outputShape(node).dimensions, of: input)
    case .permutation(let layer): return append(permutation: layer.axes, of: input)
    case .softmax(let layer):
      return append(
        "\(layer.isLogarithmic ? "logsoftmax" : "softmax") axis=\(layer.axis)", [input],
        extents: self[input].extents, isNonNegative: !layer.isLogarithmic)
    case .localResponseNormalization(let layer):
      return append(
        "normalization region=\(layer.region.rawValue) size=\(layer.size) "
          + "alpha=\(layer.alpha.bits32) beta=\(layer.beta.bits32) k=\(layer.k.bits32)", [input],
        extents: self[input].extents)
    case .passThrough: return input
    }
  }

  // MARK: - Sums and products

  private mutating func append(
    _ layer: Layer.Elementwise, _ node: Node, _ inputs: [Int]
  ) -> Int {
    var inputs = inputs
    for (index, coefficient) in layer.coefficients.enumerated() {
      inputs[index] = append(
        affine: { $0.multiply(by: [coefficient.rounded32]) }, to: inputs[index])
    }
    return combine(layer.operation.rawValue, node, inputs, axis: nil)
  }

  /// - Parameter axis: where the second input lines up with the first; nil: at the last axes.
  private mutating func combine(
    _ operation: String, _ node: Node, _ inputs: [Int], axis: Int?
  ) -> Int {
    guard inputs.count > 1 else { return inputs[0] }
    let rank = outputShape(node).rank
    var operands = inputs.enumerated().map { place, input in
      let shape = inputShape(node, place)
      let before = place == 0 && axis != nil ? 0 : axis ?? rank - shape.rank
      return (
        term: input,
        place: (Array(repeating: 1, count: before) + shape.dimensions).withoutTrailingOnes.list
      )
    }
    operands.sort { left, right in
      let (a, b) = (self[left.term].digest, self[right.term].digest)
      return a == b ? left.place.utf8.lexicographicallyPrecedes(right.place.utf8) : a < b
    }
    let areNonNegative = inputs.map { self[$0].isNonNegative }
    return append(
      "\(operation) shapes=\(operands.map(\.place).joined(separator: "|"))",
      operands.map(\.term), extents: outputShape(node).dimensions,
      isNonNegative: operation == "maximum"
        ? areNonNegative.contains(true) : areNonNegative.allSatisfy { $0 })
  }

  // MARK: - Functions of one number

  private mutating func append(_ function: Layer.Activation, to index: Int) -> Int {
    var isNonNegative = false
    let line: String
    switch function {
    case .power(let layer) where layer.power == 1:
      return append(
        affine: { affine in
          affine.multiply(by: [layer.scale.rounded32])
          affine.add([layer.shift.rounded32])
        }, to: index)
    case .relu(let layer):
      let maximum = (layer.maximum ?? .infinity).bits32
      isNonNegative = layer.negativeSlope.rounded32 == 0
      line =
        isNonNegative
        ? "clip minimum=\(0.0.bits32) maximum=\(maximum)"
        : "leaky slope=\(layer.negativeSlope.bits32) maximum=\(maximum)"
    case .clip(let minimum, let maximum):
      isNonNegative = minimum.rounded32 >= 0
      line = "clip minimum=\(minimum.bits32) maximum=\(maximum.bits32)"
    case .elu(let layer): line = "elu alpha=\(layer.alpha.bits32)"
    case .selu(let alpha, let gamma): line = "selu alpha=\(alpha.bits32) gamma=\(gamma.bits32)"
    case .celu(let alpha): line = "celu alpha=\(alpha.bits32)"
    case .hardSigmoid(let slope, let offset):
      isNonNegative = true
      line = "hardsigmoid slope=\(slope.bits32) offset=\(offset.bits32)"
    case .power(let layer):
      line =
        "power power=\(layer.power.bits32) scale=\(layer.scale.bits32) shift=\(layer.shift.bits32)"
    case .sigmoid: (line, isNonNegative) = ("sigmoid", true)
    case .softplus: (line, isNonNegative) = ("softplus", true)
    case .absolute: (line, isNonNegative) = ("absolute", true)
    case .exponential: (line, isNonNegative) = ("exponential", true)
    case .tanh: line = "tanh"
    case .silu: line = "silu"
    case .hardSwish: line = "hardswish"
    case .gelu: line = "gelu"
    case .geluTanh: line = "gelutanh"
    case .mish: line = "mish"
    case .softsign: line = "softsign"
    case .logarithm: line = "logarithm"
    case .errorFunction: line = "errorfunction"
    }
    return append(
      line, [index], extents: self[index].extents, isNonNegative: isNonNegative)
  }

  private mutating func append(_ layer: Layer.PReLU, to index: Int) -> Int {
    let slopes = layer.slope.rounded32
    if Set(slopes.map(\.bits32)).count == 1 {
      return append(.relu(Layer.ReLU(negativeSlope: slopes[0])), to: index)
    }
    return append(
      "prelu channels=\(slopes.count)", [index], extents: self[index].extents
    ) { $0.update(slopes) }
  }
}
