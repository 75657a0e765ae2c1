internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// Finds the value of a network that an array of a fixture is about.
struct FixtureResolver {
  /// Why an array matches nothing.
  struct Mismatch: Error { let reason: String }

  let network: Network
  /// Decides where the shapes allow both layouts.
  let layout: Fixture.Layout
  /// What layers compute; comparing an input with itself proves nothing.
  private let values: Set<String>

  init(network: Network, layout: Fixture.Layout) {
    self.network = network
    self.layout = layout
    values = Set(network.nodes.filter { !$0.inputs.isEmpty }.flatMap(\.outputs))
  }

  /// Whether an array is an input rather than something to compare.
  func isInput(_ name: String) -> Bool {
    name == "input" && network.inputs.count == 1 || network.inputs.contains { $0.name == name }
  }

  /// The inputs by name, NCHW; of several arrays for one input the longest, which the others must
  /// be prefixes of.
  func inputs(
    _ arrays: [(name: String, tensor: Tensor)]
  ) throws(FormatError) -> [String: Tensor] {
    var inputs: [String: Tensor] = [:]
    for (name, shape) in network.inputs {
      for (array, tensor) in arrays
      where array == name || array == "input" && network.inputs.count == 1 {
        guard let image = channelsFirst(tensor, channels: shape) else {
          throw FormatError(
            at: .object(array), "expected an input like \(shape), found \(tensor.shape)")
        }
        guard let earlier = inputs[name] else {
          inputs[name] = image
          continue
        }
        let (short, long) =
          image.bytes.count < earlier.bytes.count ? (image, earlier) : (earlier, image)
        guard
          short.elementType == long.elementType,
          short.bytes == long.bytes.slice(from: 0, count: short.bytes.count)
        else { throw FormatError(at: .object(array), "two inputs that differ") }
        inputs[name] = long
      }
      guard inputs[name] != nil else {
        throw FormatError(
          at: .object(network.inputs.count == 1 ? "input" : name), "the fixture has no such array")
      }
    }
    return inputs
  }

  /// The value an array is about, and the array as NCHW.
  func golden(
    _ array: String, _ tensor: Tensor, shapes: [String: Shape]
  ) -> Result<Fixture.Golden, Mismatch> {
    guard let (value, channelCount) = value(of: array) else {
      return .failure(Mismatch(reason: "the network has no value of this name"))
    }
    let whole = shapes[value]!  // every value has a shape
    guard whole.rank > 0, tensor.shape.rank > 0, tensor.shape.elementCount > 0 else {
      return .failure(Mismatch(reason: "expected \(whole), found \(tensor.shape)"))
    }
    var part = whole.replacing(0, by: min(tensor.shape[0], whole[0]))
    if let channelCount, part.rank > 1, channelCount <= part[1] {
      part = part.replacing(1, by: channelCount)
    }
    guard let image = arranged(tensor, as: part) else {
      return .failure(Mismatch(reason: "expected \(part), found \(tensor.shape)"))
    }
    return .success(Fixture.Golden(array: array, value: value, tensor: image, shape: part))
  }

  /// The value a name means, and to how many channels it is limited.
  private func value(of array: String) -> (value: String, channels: Int?)? {
    if values.contains(array) { return (array, nil) }
    var name = Substring(array)
    if name.hasSuffix("64") { name = name.dropLast(2) }
    if values.contains(String(name)) { return (String(name), nil) }
    var channels: Int?
    if let mark = name.lastIndex(of: "#"), name[mark...].hasPrefix("#first"), name.hasSuffix("ch") {
      channels = Int(name[mark...].dropFirst("#first".count).dropLast("ch".count))
      guard let channels, channels > 0 else { return nil }
      name = name[..<mark]
    }
    if values.contains(String(name)) { return (String(name), channels) }
    if name == "output" || name.hasPrefix("output_") {
      return network.outputs.last.map { ($0, channels) }
    }
    if name == "logits" { return logits.map { ($0, channels) } }
    return nil
  }

  /// What enters the softmax that makes the last output; the last output itself without one.
  private var logits: String? {
    let last = network.nodes.last { node in node.outputs.contains { $0 == network.outputs.last } }
    guard let last, case .softmax = last.layer else { return network.outputs.last }
    return last.inputs[0]
  }

  /// An input array as NCHW: the axis that has the channels of the model decides.
  private func channelsFirst(_ tensor: Tensor, channels model: Shape) -> Tensor? {
    let shape = tensor.shape
    guard shape.rank == model.rank, shape.elementCount > 0 else { return nil }
    guard model.rank == 4 else {
      return shape.dimensions.dropFirst() == model.dimensions.dropFirst() ? tensor : nil
    }
    let planar = shape[1] == model[1]
    let interleaved = shape[3] == model[1]
    switch (planar, interleaved) {
    case (true, false): return tensor
    case (false, true): return tensor.interleavedToPlanar
    case (false, false): return nil
    case (true, true): return layout == .nchw ? tensor : tensor.interleavedToPlanar
    }
  }

  /// An array as the part of a value, in either layout, extents of 1 aside.
  private func arranged(_ tensor: Tensor, as part: Shape) -> Tensor? {
    func squeezed(_ dimensions: [Int]) -> [Int] {
      [dimensions[0]] + dimensions.dropFirst().filter { $0 != 1 }
    }
    let found = squeezed(tensor.shape.dimensions)
    let planar = found == squeezed(part.dimensions)
    let interleaved =
      part.rank == 4 && tensor.shape.rank == 4
      && tensor.shape.dimensions == [part[0], part[2], part[3], part[1]]
    switch (planar, interleaved) {
    case (true, false): return tensor
    case (false, true): return tensor.interleavedToPlanar
    case (false, false): return nil
    case (true, true): return layout == .nchw ? tensor : tensor.interleavedToPlanar
    }
  }
}

extension Tensor {
  /// `[batch, height, width, channels]` as `[batch, channels, height, width]`.
  fileprivate var interleavedToPlanar: Tensor { permuted([0, 3, 1, 2]) }
}
