public import ModelGraph
internal import TensorCore

extension ResNetDescription {
  /// The network with random weights, calibrated so that for images of mean 0 and variance 1 no
  /// activation explodes or vanishes, and classes differ by numbers of the size of 1.
  ///
  /// - Parameters:
  ///   - name: the name of the network.
  ///   - seed: the same seed gives the same bits on every machine.
  ///   - names: what the layers are called; Caffe's if nothing is given.
  /// - Throws: `NetworkError` for images that are too small for the network.
  public func network(
    named name: String, seed: UInt64, names: LayerNames? = nil
  ) throws(NetworkError) -> Network {
    let graph = ResNetGraph(self, names: names ?? LayerNames(.caffe, of: self)) {
      Tensor(absent: $2)!  // extents of a network that was just made
    }
    let network = try Network(name: name, nodes: graph.nodes)
    var gains: [String: Double] = [:]
    for (name, place) in graph.branchEnds {
      gains[name] = 1 / Double(unitsPerStage[place.stage]).squareRoot()
    }
    var weights = SeededWeights(seed: seed, branchGains: gains, shapes: try network.shapes())
    return network.mapLayers { weights.fill($0) }
  }

  /// A model of a network with random weights; it says what it is made of.
  ///
  /// - Throws: `NetworkError` for images that are too small for the network.
  public func model(
    named name: String, seed: UInt64, names: LayerNames? = nil
  ) throws(NetworkError) -> Model {
    Model(
      network: try network(named: name, seed: seed, names: names),
      provenance: Provenance(
        format: "synthetic",
        notes: ["the weights are random, of seed \(seed), for images of mean 0 and variance 1"]))
  }
}
