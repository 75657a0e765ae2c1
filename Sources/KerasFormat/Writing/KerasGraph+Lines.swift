internal import JSON
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// Gives lines back their rank: the draft has them as images of one row, `[batch, 1, length,
/// channels]`, and Keras as `[batch, length, channels]`.
///
/// What enters as a line stays one until a layer wants an image. Nothing else is a line: an image of
/// one row in a network of images stays what it is.
struct LineRestoring {
  private var draft: KerasGraph
  /// The values of the draft that were images of one row and are lines.
  private var lines: Set<LayerDraft.Reference> = []
  /// Whether a layer works along lines, decided at its first call.
  private var decisions: [Int: Bool] = [:]
  /// What is read instead of a value that is dropped.
  private var aliases: [LayerDraft.Reference: LayerDraft.Reference] = [:]
  /// What was reshaped, for values whose only use was to make an image.
  private var origins: [LayerDraft.Reference: LayerDraft.Reference] = [:]
  private var images: [LayerDraft.Reference: LayerDraft.Reference] = [:]
  private var restored: [LayerDraft.Reference: LayerDraft.Reference] = [:]

  /// The draft with its lines.
  static func apply(to draft: KerasGraph) -> KerasGraph {
    let nodes = draft.network.nodes
    let hasLines = nodes.contains { node in
      if case .input(let input) = node.layer { input.isLine } else { node.name.isMadeForLines }
    }
    guard hasLines else { return draft }
    var pass = LineRestoring(draft: draft)
    let inputs = nodes.filter {
      if case .input(let input) = $0.layer { input.isLine } else { false }
    }
    let names = Set(inputs.map(\.name))
    for call in pass.callOrder() { pass.visit(call, lineInputs: names) }
    pass.draft.outputs = pass.draft.outputs.map { pass.actual($0) }
    pass.mergeCausalPadding()
    return pass.draft
  }

  private init(draft: KerasGraph) { self.draft = draft }
}

extension LineRestoring {
  /// Every call, each after those it reads.
  private func callOrder() -> [LayerDraft.Reference] {
    var missing: [LayerDraft.Reference: Int] = [:]
    var readers: [LayerDraft.Reference: [LayerDraft.Reference]] = [:]
    var order: [LayerDraft.Reference] = []
    for (index, layer) in draft.layers.enumerated() {
      for (number, inputs) in layer.calls.enumerated() {
        let call = LayerDraft.Reference(layer: index, call: number)
        missing[call] = inputs.count
        if inputs.isEmpty { order.append(call) }
        for input in inputs { readers[input, default: []].append(call) }
      }
    }
    var next = 0
    while next < order.count {
      for reader in readers[order[next]] ?? [] {
        missing[reader]! -= 1  // every call was counted
        if missing[reader] == 0 { order.append(reader) }
      }
      next += 1
    }
    return order
  }

  private mutating func visit(_ call: LayerDraft.Reference, lineInputs: Set<String>) {
    let layer = draft.layers[call.layer]
    let inputs = layer.calls[call.call]
    let readsLine = inputs.contains(where: lines.contains)
    var isLine = false
    switch layer.type {
    case .input:
      guard let node = layer.node, lineInputs.contains(node) else { return }
      draft.layers[call.layer].shapes = layer.shapes.map(\.withoutRow)
      lines.insert(call)
    case .reshape: visitReshape(call)
    case .flatten: break
    default:
      isLine = decisions[call.layer] ?? (readsLine && canWorkAlongLines(call.layer))
      if decisions.updateValue(isLine, forKey: call.layer) == nil, isLine {
        draft.layers[call.layer] = draft.layers[call.layer].alongLines!  // as was just decided
      }
      guard isLine || readsLine else { break }
      draft.layers[call.layer].calls[call.call] = inputs.map { isLine ? line($0) : image($0) }
      if isLine, draft.layers[call.layer].shapes[call.call].rank == 3 { lines.insert(call) }
      return
    }
    draft.layers[call.layer].calls[call.call] = inputs.map(actual)
  }

  /// What stands for a value now.
  private func actual(_ value: LayerDraft.Reference) -> LayerDraft.Reference {
    aliases[value] ?? value
  }

  /// Whether every call of a layer can read and make lines.
  private func canWorkAlongLines(_ index: Int) -> Bool {
    let layer = draft.layers[index]
    func isRow(_ value: LayerDraft.Reference) -> Bool {
      lines.contains(value) || draft.layers[value.layer].shapes[value.call].isRow
    }
    return layer.alongLines != nil
      && layer.calls.allSatisfy { $0.allSatisfy(isRow) }
      && layer.shapes.allSatisfy { $0.rank == 2 || $0.isRow }
  }

  /// A reshape between lines and their images is none any more.
  private mutating func visitReshape(_ call: LayerDraft.Reference) {
    let layer = draft.layers[call.layer]
    let name = layer.node ?? ""
    guard name.isMadeForImages || name.isMadeForLines, layer.calls.count == 1 else { return }
    let input = layer.calls[0][0]
    let origin = origins[input] ?? actual(input)
    let shape = layer.shapes[0]
    let wanted = name.isMadeForLines && shape.isRow ? shape.withoutRow : shape
    guard wanted == draft.layers[origin.layer].shapes[origin.call], !draft.outputs.contains(call)
    else {
      origins[call] = origin
      return
    }
    aliases[call] = origin
    if shape.isRow { lines.insert(call) }
  }

  /// The value as an image of one row.
  private mutating func image(_ value: LayerDraft.Reference) -> LayerDraft.Reference {
    guard lines.contains(value) else { return actual(value) }
    if let known = images[value] { return known }
    let source = actual(value)
    let shape = draft.layers[source.layer].shapes[source.call]
    let image = reshaped(source, "image", to: [shape[0], 1, shape[1], shape[2]])
    images[value] = image
    return image
  }

  /// The value as a line.
  private mutating func line(_ value: LayerDraft.Reference) -> LayerDraft.Reference {
    guard !lines.contains(value) else { return actual(value) }
    if let known = restored[value] { return known }
    let shape = draft.layers[value.layer].shapes[value.call].withoutRow
    let origin = origins[value] ?? actual(value)
    let isLine = draft.layers[origin.layer].shapes[origin.call] == shape
    let line = isLine ? origin : reshaped(origin, "line", to: shape)
    restored[value] = line
    return line
  }

  private mutating func reshaped(
    _ value: LayerDraft.Reference, _ suffix: String, to shape: Shape
  ) -> LayerDraft.Reference {
    let name = draft.unusedName("\(draft.layers[value.layer].name)_\(suffix)")
    draft.layers.append(
      LayerDraft(
        name: name, node: nil, type: .reshape,
        settings: [.init("target_shape", .integers(Array(shape.dimensions.dropFirst())))],
        weights: [], calls: [[value]], shapes: [shape]))
    return LayerDraft.Reference(layer: draft.layers.count - 1, call: 0)
  }

  /// Zeros in front of a convolution, as many as its window sees before its last element, are its
  /// own setting along lines.
  private mutating func mergeCausalPadding() {
    var readers: [LayerDraft.Reference: Int] = [:]
    for layer in draft.layers {
      for value in layer.calls.joined() { readers[value, default: 0] += 1 }
    }
    for index in draft.layers.indices where draft.layers[index].type == .convolution1D {
      let layer = draft.layers[index]
      guard layer.calls.count == 1, layer.setting("padding") == .string("valid"),
        let width = layer.numbers("kernel_size")?.first,
        let dilation = layer.numbers("dilation_rate")?.first
      else { continue }
      let value = layer.calls[0][0]
      let source = draft.layers[value.layer]
      guard source.type == .zeroPadding1D, source.name.hasPrefix("\(layer.name)_pad"),
        source.node == nil, readers[value] == 1, width > 1,
        source.numbers("padding") == [dilation * (width - 1), 0]
      else { continue }
      draft.layers[index].set("padding", .string("causal"))
      draft.layers[index].calls[0] = source.calls[0]
      draft.remarks.remove(.padding, layer.node ?? layer.name)
    }
  }
}

extension String {
  /// Whether the reader of Keras named a layer so that makes a line out of another value.
  var isMadeForLines: Bool {
    hasSuffix("/line") || hasSuffix("/line/channels-first")
  }

  /// Whether the reader of Keras named a layer so that makes the plain order out of a line.
  fileprivate var isMadeForImages: Bool {
    hasSuffix("/plain") || hasSuffix("/plain/channels-last")
  }
}

extension Shape {
  /// Whether it is of images of one row, their channels last.
  var isRow: Bool { rank == 4 && self[1] == 1 }

  /// The shape of a line; others stay as they are.
  var withoutRow: Shape { isRow ? [self[0], self[2], self[3]] : self }
}
