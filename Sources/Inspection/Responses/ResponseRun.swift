internal import Kernels
public import ModelGraph
public import Runtime
public import TensorCore

/// Looks at the responses of a network to any number of images, batch by batch.
///
/// Where the images come from is the caller's affair: a file, a folder, a generator. The memory
/// depends on the network and the batch, not on the number of images.
public struct ResponseRun {
  /// The values that are looked at, in topological order, with what was seen so far.
  public private(set) var values: [ValueResponses]
  /// How many images were seen.
  public private(set) var imageCount = 0

  private let session: Session
  private let network: Network
  private let table: KernelTable
  private let places: [String: Int]

  /// A run over a network.
  ///
  /// - Parameters:
  ///   - names: the values to look at; all if nil. The fewer, the more layers are merged and the
  ///     faster it is.
  ///   - inputShapes: the shapes of the first batch, by input.
  ///   - options: how the network is run.
  /// - Throws: `NetworkError` where the inputs do not fit, a name is no value, or memory is missing.
  public init(
    of network: Network, observing names: Set<String>? = nil, inputShapes: [String: Shape],
    options: ExecutionOptions = ExecutionOptions()
  ) throws(NetworkError) {
    var options = options
    // Strict ones have the bits that a run without statistics shows.
    options.showsInPlace = !options.isStrict
    session = try Session(
      network, options: options, inputShapes: inputShapes,
      observing: names.map { .named($0) } ?? .all)
    self.network = network
    table = KernelTable(options.instructionSet)!  // the session has a plan for it
    values = network.nodes.flatMap { node in
      node.outputs.filter { names?.contains($0) ?? true }.map { ValueResponses($0, of: node.layer) }
    }
    places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1.value, $0) })
  }

  /// Runs a batch and adds what is seen.
  ///
  /// - Parameter inputs: a tensor for each input by its name, of any batch; of other extents too, as
  ///   long as no value has other channels for them.
  /// - Throws: `NetworkError` for an input that is missing or does not fit.
  public mutating func add(_ inputs: [String: Tensor]) throws(NetworkError) {
    try check(inputs)
    try session.run(inputs) { value in
      guard let place = places[value.name] else { return }
      values[place].add(value, by: table)
    }
    imageCount += network.inputs.first.flatMap { inputs[$0.name]?.shape.dimensions.first } ?? 1
  }

  private func check(_ inputs: [String: Tensor]) throws(NetworkError) {
    guard imageCount > 0 else { return }
    let known = Set(network.inputs.map(\.name))
    let shapes = try network.shapes(
      for: inputs.filter { known.contains($0.key) }.mapValues(\.shape))
    for value in values {
      let shape = shapes[value.value]!  // every value has one
      let count = shape.rank > 1 ? shape[1] : 1
      guard value.channels.count == count else {
        throw NetworkError(
          layer: value.value,
          "has \(count) channels for these images, \(value.channels.count) for those before")
      }
    }
  }
}

extension ResponseRun {
  /// What is known of a value; nil for one that is not looked at.
  public func value(_ name: String) -> ValueResponses? { places[name].map { values[$0] } }
}
