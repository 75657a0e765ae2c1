internal import Files
internal import ModelGraph
internal import TensorCore

/// Finds the value of a network that an array of a fixture is about.
struct FixtureResolver {
  /// Why an array matches nothing.
  struct Mismatch: Error { let reason: String }

  let network: Network
  /// Decides where the shapes allow both layouts.
  let layout: ArrayLayout
  /// What layers compute; comparing an input with itself proves nothing.
  private let values: Set<String>
  /// Images that were flattened, by the names of the results: `[batch, channels, height, width]`.
  private let flattenedImages: [String: Shape]

  init(network: Network, layout: ArrayLayout) {
    self.network = network
    self.layout = layout
    flattenedImages = layout == .nhwc ? network.flattenedImages() : [:]
    values = Set(network.nodes.filter { !$0.inputs.isEmpty }.flatMap(\.outputs))
  }

  /// Whether an array is an input rather than something to compare.
  func isInput(_ name: String) -> Bool {
    name == "input" && network.inputs.count == 1 || network.inputs.contains { $0.name == name }
  }

  /// Whether an array is an output by what it is called, rather than a value by its name.
  static func isRole(_ array: String) -> Bool {
    let name = array.hasSuffix("64") ? array.dropLast(2) : Substring(array)
    return name == "output" || name.hasPrefix("output_") || name == "logits"
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
          image.shape.elementCount < earlier.shape.elementCount
          ? (image, earlier) : (earlier, image)
        // The same numbers may be stored in two types: values are written in float64, too.
        let begin = long.doubles.prefix(short.shape.elementCount)
        guard
          short.doubles.elementsEqual(begin, by: { $0 == $1 || $0.isNaN && $1.isNaN })
        else {
          throw FormatError(at: .object(array), "two inputs that differ")
        }
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
      let near = NearName.question(
        about: plainName(of: array), among: network.nodes.flatMap(\.outputs).filter(values.contains)
      )
      return .failure(Mismatch(reason: "the network has no value of this name" + near))
    }
    return golden(array, tensor, as: value, channels: channelCount, shapes: shapes)
  }

  /// The array as a value that it may be, whatever its name.
  func golden(
    _ array: String, _ tensor: Tensor, as value: String, shapes: [String: Shape]
  ) -> Fixture.Golden? {
    try? golden(array, tensor, as: value, channels: channelLimit(of: array), shapes: shapes).get()
  }

  private func golden(
    _ array: String, _ tensor: Tensor, as value: String, channels channelCount: Int?,
    shapes: [String: Shape]
  ) -> Result<Fixture.Golden, Mismatch> {
    let whole = shapes[value]!  // every value has a shape
    guard whole.rank > 0, tensor.shape.rank > 0, tensor.shape.elementCount > 0 else {
      return .failure(Mismatch(reason: "expected \(whole), found \(tensor.shape)"))
    }
    var part = whole.replacing(0, by: min(tensor.shape[0], whole[0]))
    if let channelCount, part.rank > 1, channelCount <= part[1] {
      part = part.replacing(1, by: channelCount)
    }
    let image =
      flattenedImages[value].flatMap { tensor.flattenedByChannels(as: $0) }
      ?? arranged(tensor, as: part)
    guard let image else {
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
    let channels = channelLimit(of: array)
    if let channels {
      guard channels > 0, let mark = name.lastIndex(of: "#") else { return nil }
      name = name[..<mark]
    }
    if values.contains(String(name)) { return (String(name), channels) }
    if name == "output" || name.hasPrefix("output_") {
      return network.outputs.last.map { ($0, channels) }
    }
    if name == "logits" { return logits.map { ($0, channels) } }
    return nil
  }

  /// What `#first12ch` at the end of a name says; 0 for no number.
  private func channelLimit(of array: String) -> Int? {
    let name = array.hasSuffix("64") ? array.dropLast(2) : Substring(array)
    guard let mark = name.lastIndex(of: "#"), name[mark...].hasPrefix("#first"),
      name.hasSuffix("ch")
    else { return nil }
    return Int(name[mark...].dropFirst("#first".count).dropLast("ch".count)) ?? 0
  }

  /// The name without what says how much of the value there is, and how exactly.
  private func plainName(of array: String) -> String {
    let name = array.prefix { $0 != "#" }
    return String(name.hasSuffix("64") ? name.dropLast(2) : name)
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
    guard shape.elementCount > 0 else { return nil }
    if layout == .nhwc, let row = tensor.lineToPlanar, model.rank == 4, row.shape[1] == model[1] {
      return row
    }
    if layout == .nchw, shape.rank == 3, model.rank == 4, model[2] == 1, shape[1] == model[1] {
      return tensor.reshaped(to: [shape[0], shape[1], 1, shape[2]])
    }
    guard shape.rank == model.rank else { return nil }
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
    if layout == .nhwc, part.rank == 4, let row = tensor.lineToPlanar, row.shape == part {
      return row
    }
    switch (planar, interleaved) {
    case (true, false): return tensor
    case (false, true): return tensor.interleavedToPlanar
    case (false, false): return nil
    case (true, true): return layout == .nchw ? tensor : tensor.interleavedToPlanar
    }
  }
}

extension Network {
  /// The values that are images, flattened, and what was made of these element by element; those
  /// whose axes were exchanged before are in the order of their source.
  fileprivate func flattenedImages() -> [String: Shape] {
    guard let shapes = try? shapes() else { return [:] }
    var images: [String: Shape] = [:]
    var interleaved: Set<String> = []
    for node in nodes {
      switch node.layer {
      case .permutation(let layer) where layer.axes == [0, 2, 3, 1]:
        interleaved.insert(node.outputs[0])
      case .flatten:
        let image = shapes[node.inputs[0]]!  // every value has a shape
        guard image.rank == 4, !interleaved.contains(node.inputs[0]),
          shapes[node.outputs[0]]?.rank == 2
        else { continue }
        images[node.outputs[0]] = image
      case .activation, .passThrough:
        images[node.outputs[0]] = images[node.inputs[0]]
      default: continue
      }
    }
    return images
  }
}

extension Tensor {
  /// `[batch, height, width, channels]` as `[batch, channels, height, width]`.
  fileprivate var interleavedToPlanar: Tensor { permuted([0, 3, 1, 2]) }

  /// `[batch, length, channels]` as `[batch, channels, 1, length]`; nil for another rank.
  fileprivate var lineToPlanar: Tensor? {
    guard shape.rank == 3 else { return nil }
    return permuted([0, 2, 1]).reshaped(to: [shape[0], shape[2], 1, shape[1]])
  }

  /// Images flattened by rows, `[batch, height · width · channels]`, as flattened by channels; nil
  /// where they do not have the extents.
  fileprivate func flattenedByChannels(as image: Shape) -> Tensor? {
    let (channels, height, width) = (image[1], image[2], image[3])
    guard shape.rank == 2, shape[1] == image.elementCount(from: 1) else { return nil }
    return reshaped(to: [shape[0], height, width, channels]).interleavedToPlanar
      .reshaped(to: shape)
  }
}
