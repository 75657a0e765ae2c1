public import Files
public import ModelGraph
internal import TensorCore

/// Multiplies the operands of a sum by layers of their own, where the format adds without coefficients.
public struct SeparateCoefficients: LoweringPass {
  /// A pass.
  public init() {}

  /// The multiplications and the plain sum.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .elementwise(var layer) = node.layer, layer.coefficients.contains(where: { $0 != 1 })
    else { return [node] }
    var (made, sum) = ([Node](), node)
    for (index, coefficient) in layer.coefficients.enumerated() where coefficient != 1 {
      let name = rewriting.newName("\(node.name)_coefficient\(index)", for: node)
      let power = Layer.Power(power: 1, scale: coefficient, shift: 0)
      made.append(Node(name, .activation(.power(power)), inputs: [node.inputs[index]]))
      sum.inputs[index] = name
    }
    rewriting.note(.separateCoefficients, node.name)
    if node.inputs.count == 1 {
      made[0].outputs = node.outputs
      return made
    }
    layer.coefficients = []
    sum.layer = .elementwise(layer)
    return made + [sum]
  }
}

/// Flattens the input of a matrix product by a layer of its own, where the format multiplies the
/// last axis.
public struct SeparateFlattening: LoweringPass {
  /// A pass.
  public init() {}

  /// The flattening and the product.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .fullyConnected(let layer) = node.layer,
      layer.axis < rewriting.shape(of: node.inputs[0]).rank - 1
    else { return [node] }
    let name = rewriting.newName("\(node.name)_flatten", for: node)
    rewriting.note(.separateFlattening, node.name)
    var product = node
    product.inputs = [name]
    return [
      Node(name, .flatten(Layer.Flatten(axis: layer.axis, endAxis: -1)), inputs: node.inputs),
      product,
    ]
  }
}

/// A pass that leaves some layers as they are.
public struct ExceptLayers: LoweringPass {
  /// The names of these layers.
  public var names: Set<String>
  /// What is done to all others.
  public var pass: any LoweringPass

  /// A pass over all layers but some.
  public init(_ names: Set<String>, _ pass: any LoweringPass) {
    self.names = names
    self.pass = pass
  }

  /// The layer itself, or what the pass makes of it.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    names.contains(node.name) ? [node] : try pass.rewrite(node, in: &rewriting)
  }
}
