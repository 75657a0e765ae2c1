internal import Files
internal import ModelGraph
internal import TensorCore

// Initializers, inputs and outputs.
extension GraphReader {
  mutating func addInitializers() throws(FormatError) {
    guard !graph.hasSparseInitializers else {
      throw FormatError(
        .badModel, "expected dense initializers, found sparse ones, which are not supported")
    }
    let wanted = Set(graph.nodes.flatMap(\.inputs)).union(graph.outputs.map(\.name))
    for tensor in graph.initializers {
      guard operands[tensor.name] == nil else {
        throw FormatError(
          at: .object(tensor.name), "expected one initializer of this name, found two")
      }
      // What nobody reads needs no bytes: its external data may be missing.
      guard wanted.contains(tensor.name) else { continue }
      operands[tensor.name] = .constant(try tensors.constant(tensor))
    }
  }

  mutating func addInputs(_ asked: Shape?) throws(FormatError) {
    let inputs = graph.inputs.filter { operands[$0.name] == nil && isRead($0.name) }
    let known = Set(graph.initializers.map(\.name))
    if let twin = inputs.first(where: { input in inputs.filter { $0.name == input.name }.count > 1 }
    ) {
      throw FormatError(at: .object(twin.name), "expected one input of this name, found two")
    }
    if asked != nil, inputs.count != 1 {
      throw FormatError(
        .badModel, "one input shape was given, but the network has \(inputs.count) inputs")
    }
    for input in inputs where !known.contains(input.name) {
      let shape = try InputShape.shape(of: input, asked)
      if let type = input.dataType, ONNXType.elementType(type) == nil {
        throw FormatError(
          at: .object(input.name),
          "expected an input of floating point numbers, found \(ONNXType.name(type))")
      }
      let readers = graph.nodes.filter { $0.inputs.contains(input.name) }
      let isInterleaved =
        shape.rank == 4 && putsChannelsFirst(input.name)
      let isLine =
        shape.rank == 3 && readers.contains { $0.readsLines && $0.inputs[0] == input.name }
      var value = Value(name: input.name, shape: shape)
      if isInterleaved {
        isChannelsLast = true
        value.shape = [shape[0], shape[3], shape[1], shape[2]]
        value.layout = .permuted([0, 2, 3, 1])
        note("the input \(input.name) has its channels last: the network's are first")
      } else if isLine {
        value.shape = [shape[0], shape[1], 1, shape[2]]
        value.layout = .line
      }
      layerNames.insert(input.name)
      nodes.append(Node(input.name, .input(.init(shape: value.shape, isLine: isLine))))
      operands[input.name] = .value(value)
    }
  }

  /// Whether all that is made of a value, element by element, is transposed from
  /// `[batch, height, width, channels]` in the end.
  private func putsChannelsFirst(_ name: String) -> Bool {
    var seen: Set<String> = [name]
    var waiting = [name]
    while let value = waiting.popLast() {
      let readers = graph.nodes.filter { $0.inputs.contains(value) }
      // An exporter puts a few nodes before the first convolution, and no hundred.
      guard !isOutput(value), !readers.isEmpty, seen.count < 64 else { return false }
      for reader in readers where !reader.putsChannelsFirst {
        guard reader.keepsAxes else { return false }
        if seen.insert(reader.outputs[0]).inserted { waiting.append(reader.outputs[0]) }
      }
    }
    return true
  }

  mutating func addOutputs() throws(FormatError) {
    node = ONNXNode()
    let read = Set(nodes.flatMap(\.inputs))
    var taken: Set<String> = []
    for output in graph.outputs {
      switch operands[output.name] {
      case .value(let value):
        node.name = output.name
        node.outputs = [output.name]
        // Channels last on both ends: the network has them first on both.
        let isTurned =
          isChannelsLast && value.layout == .permuted([0, 2, 3, 1]) && value.shape.rank == 4
        if isTurned {
          note("the output \(output.name) has its channels last: the network's are first")
        }
        let final = isTurned ? value : try inOrder(value, part: nil)
        guard final.name == output.name else {
          // What only has other axes, or nothing done to it, has a layer's other name.
          _ = try add(.passThrough(.init(kind: .split)), to: [final])
          continue
        }
        guard read.contains(final.name) || !taken.insert(final.name).inserted else { continue }
        _ = try add(.passThrough(.init(kind: .split)), to: [final], part: "output")
      case .constant:
        throw FormatError(
          at: .object(output.name), "expected an output that is computed, found a constant")
      case nil:
        // What was left out at the end is no output any more.
        guard leftOut.contains(output.name) else {
          throw FormatError(
            at: .object(output.name), "expected an output that a node makes, found none")
        }
      }
    }
  }
}

extension ONNXNode {
  /// Whether it is a transposition from `[batch, height, width, channels]`.
  fileprivate var putsChannelsFirst: Bool {
    guard op == "Transpose", domain.isEmpty else { return false }
    return attributes.contains { attribute in
      guard attribute.name == "perm", case .ints(let axes) = attribute.value else { return false }
      return axes == [0, 3, 1, 2]
    }
  }

  /// Whether it works on each element, or around an image, whatever the order of the axes.
  fileprivate var keepsAxes: Bool {
    let operators: Set = [
      "Cast", "CastLike", "Identity", "Pad", "Add", "Sub", "Mul", "Div", "Neg", "Dropout",
    ]
    return domain.isEmpty && outputs.count == 1 && operators.contains(op)
  }

  /// Whether three axes of its first input are a batch of lines.
  fileprivate var readsLines: Bool {
    let operators: Set = [
      "Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization",
    ]
    return domain.isEmpty && operators.contains(op)
  }
}
