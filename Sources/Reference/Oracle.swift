public import ModelGraph
public import TensorCore

/// Runs a network in float64, layer by layer as the formulas stand: slow, unfused, right.
///
/// What it computes is what the weights mean; every other result is judged by its distance from
/// it. Nothing is folded, reordered or approximated, and outputs are split over threads in a way
/// that does not touch the order of any sum.
public struct Oracle: Sendable {
  /// The network that is run.
  public let network: Network
  /// The shape of every value.
  public let shapes: [String: Shape]
  /// After which node each value is read for the last time.
  private let lastReader: [String: Int]

  /// Prepares a network for inputs of given shapes.
  ///
  /// - Throws: `NetworkError` where the layers do not fit the inputs, and where there is no memory
  ///   for the largest of them beside its inputs.
  public init(
    _ network: Network, inputShapes: [String: Shape] = [:]
  ) throws(NetworkError) {
    self.network = network
    shapes = try network.shapes(for: inputShapes)
    var last: [String: Int] = [:]
    for (index, node) in network.nodes.enumerated() {
      for value in node.inputs { last[value] = index }
    }
    lastReader = last
    for node in network.nodes {
      // Every value has a shape; outputs twice, with and without noise.
      let held = (node.inputs + node.outputs + node.outputs).map { shapes[$0]! }
      try Network.requireMemory(for: held, bytesPerElement: 8)
    }
  }

  /// Runs the network.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each input, of the shape the oracle was prepared for.
  ///   - perturbation: noise added after every layer that rounds; nil for the exact run.
  ///   - observe: called with every value in topological order.
  /// - Throws: `NetworkError` for an input that is missing or has another shape.
  public func run(
    _ inputs: [String: Tensor], perturbation: Perturbation? = nil,
    observe: (_ name: String, _ value: OracleValue) -> Void
  ) throws(NetworkError) {
    var live: [String: OracleValue] = [:]
    for (index, node) in network.nodes.enumerated() {
      let values: [OracleValue]
      if case .input = node.layer {
        let exact = try input(node.name, inputs)
        values = [
          perturbation?.perturbed(exact, of: node.layer, inputs: [], stream: index << 8) ?? exact
        ]
      } else {
        let operands = node.inputs.map { live[$0]! }  // made by an earlier node: checked in init
        let exact = OracleLayers.evaluate(
          node.layer, operands, outputShapes: node.outputs.map { shapes[$0]! })
        values = exact.enumerated().map { part, value in
          perturbation?.perturbed(
            value, of: node.layer, inputs: operands, stream: index << 8 | part) ?? value
        }
      }
      for (name, value) in zip(node.outputs, values) {
        observe(name, value)
        if lastReader[name] != nil { live[name] = value }
      }
      for name in node.inputs where lastReader[name] == index { live[name] = nil }
    }
  }

  private func input(
    _ name: String, _ inputs: [String: Tensor]
  ) throws(NetworkError) -> OracleValue {
    guard let tensor = inputs[name] else {
      throw NetworkError(layer: name, "no tensor for this input")
    }
    let expected = shapes[name]!  // every input layer makes the value of its name
    guard tensor.shape == expected else {
      throw NetworkError(layer: name, "expected an input of \(expected), found \(tensor.shape)")
    }
    return OracleValue(shape: expected, elements: tensor.doubles)
  }
}

/// A value of a network in float64.
public struct OracleValue: Sendable {
  /// The extents.
  public let shape: Shape
  /// The elements, row-major.
  public let elements: [Double]

  /// A value; as many elements as the shape says.
  public init(shape: Shape, elements: [Double]) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for \(shape)")
    self.shape = shape
    self.elements = elements
  }
}
