public import Files
public import ModelGraph
internal import TensorCore

/// Makes poolings of those that pad not at all or by `same` of TensorFlow and Keras.
///
/// These never pad with numbers: a maximum and an average are those of the part of the window in the
/// image. What remains has padding none, or the very padding of `same`, and rounds down.
public struct PadPoolingsAsSame: LoweringPass {
  /// The name of the format, for errors.
  public var format: String

  /// A pass.
  public init(format: String) { self.format = format }

  /// The ways to get windows along an axis.
  private enum Fit {
    case valid, same
    /// Zeros around the image, which win over no number of 0 and above.
    case zeros
    /// All windows of `same` at stride 1, and of these every nth.
    case subsampled
  }

  /// The pooling, in several layers where it must be.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .pooling(var layer) = node.layer else { return [node] }
    guard layer.dilation == Extent(1) else {
      throw rewriting.fault(node, "\(format) has no dilated pooling")
    }
    var draft = Draft(node: node, image: rewriting.shape(of: node.inputs[0]))
    let isNonNegative = layer.kind == .maximum && rewriting.isNonNegative(node.inputs[0])
    if layer.kind == .average, layer.divisor == .paddedWindow, layer.padding != .none {
      // The padding counts: it is part of the image.
      draft.pad(by: layer.padding, rewriting.newName("\(node.name)_pad", for: node))
      rewriting.note(.separatePadding, node.name)
      layer.padding = .none
    }
    let (rows, columns) = layer.axes(over: draft.image, to: rewriting.shape(of: node.outputs[0]))
    let rowFits = fits(rows, layer.kind, isNonNegative: isNonNegative)
    let columnFits = fits(columns, layer.kind, isNonNegative: isNonNegative)
    guard let rowFit = rowFits.first, let columnFit = columnFits.first else {
      throw rewriting.fault(node, reason(why: layer, over: draft.image))
    }
    if let both = rowFits.first(where: columnFits.contains) {
      pool(&draft, layer.kind, rows, columns, both, node.name, &rewriting)
    } else {
      // A maximum of maxima; an average of averages, whose windows are rectangles.
      rewriting.note(.separateAxes, node.name)
      let name = rewriting.newName("\(node.name)_rows", for: node)
      pool(&draft, layer.kind, rows, .each(of: draft.image[3]), rowFit, name, &rewriting)
      pool(
        &draft, layer.kind, .each(of: draft.image[2]), columns, columnFit, node.name, &rewriting)
    }
    return draft.finished
  }

  /// Layers in a row, and the shape that the last one makes.
  private struct Draft {
    let node: Node
    var image: Shape
    var made: [Node] = []

    init(node: Node, image: Shape) {
      self.node = node
      self.image = image
    }

    mutating func append(
      _ name: String, _ layer: Layer, rows: Int, columns: Int, to value: String? = nil
    ) {
      let inputs = made.last?.outputs ?? node.inputs
      made.append(Node(name, layer, inputs: inputs, outputs: [value ?? name]))
      image = [image[0], image[1], rows, columns]
    }

    mutating func pad(by padding: Padding, _ name: String) {
      append(
        name, .zeroPadding(Layer.ZeroPadding(spatial: padding)),
        rows: image[2] + padding.top + padding.bottom,
        columns: image[3] + padding.left + padding.right)
    }

    /// The layers, of which the last makes the value of the node.
    var finished: [Node] {
      var made = made
      made[made.count - 1].outputs = node.outputs
      for index in made.indices where made[index].name == node.name {
        made[index].policy = node.policy
      }
      return made
    }
  }

  /// The ways that give an axis its windows, the best first.
  private func fits(
    _ axis: AxisWindows, _ kind: Layer.PoolingKind, isNonNegative: Bool
  ) -> [Fit] {
    var fits: [Fit] = []
    if axis.isValid { fits.append(.valid) }
    if axis.hasSameWindows { fits.append(.same) }
    guard kind == .maximum else { return fits }
    if isNonNegative, axis.padded.isValid { fits.append(.zeros) }
    if axis.hasDenseSameWindows { fits.append(.subsampled) }
    return fits
  }

  /// Adds layers that pool over windows along both axes in one way.
  private func pool(
    _ draft: inout Draft, _ kind: Layer.PoolingKind, _ rows: AxisWindows, _ columns: AxisWindows,
    _ fit: Fit, _ name: String, _ rewriting: inout Rewriting
  ) {
    let node = draft.node
    var layer = Layer.Pooling(
      kind: kind, kernel: Extent(height: rows.reach, width: columns.reach),
      stride: Extent(height: rows.stride, width: columns.stride), divisor: .imageWindow)
    switch fit {
    case .valid: break
    case .same: layer.padding = .same(rows, columns)
    case .zeros:
      let padding = Padding(
        top: rows.before, left: columns.before, bottom: rows.missing, right: columns.missing)
      rewriting.note(.zeroPaddedMaximum, node.name)
      draft.pad(by: padding, rewriting.newName("\(name)_pad", for: node))
    case .subsampled:
      rewriting.note(.separateStride, node.name)
      let choice = Layer.Pooling(kind: .maximum, kernel: Extent(1), stride: layer.stride)
      let (height, width) = (draft.image[2], draft.image[3])
      var (denseRows, denseColumns) = (rows, columns)
      (denseRows.stride, denseColumns.stride, layer.stride) = (1, 1, Extent(1))
      layer.padding = .same(denseRows, denseColumns)
      let dense = rewriting.newName("\(name)_dense", for: node)
      draft.append(name, .pooling(layer), rows: height, columns: width, to: dense)
      let stride = rewriting.newName("\(node.name)_stride", for: node)
      return draft.append(stride, .pooling(choice), rows: rows.count, columns: columns.count)
    }
    draft.append(name, .pooling(layer), rows: rows.count, columns: columns.count)
  }

  private func reason(why layer: Layer.Pooling, over image: Shape) -> String {
    let padding = layer.padding
    let what =
      switch layer.kind {
      case .maximum: "\(format) pads no maximum pooling whose inputs can be below 0"
      case .average: "\(format)' average pooling has no such windows"
      }
    return what + ": kernel \(layer.kernel.height) × \(layer.kernel.width), stride "
      + "\(layer.stride.height) × \(layer.stride.width), padding \(padding.top) above, "
      + "\(padding.bottom) below, \(padding.left) left, \(padding.right) right, rounded by "
      + "\(layer.rounding) over \(image)"
  }
}

extension Padding {
  /// What `same` adds around images with these windows.
  fileprivate static func same(_ rows: AxisWindows, _ columns: AxisWindows) -> Padding {
    Padding(
      top: rows.samePadding.before, left: columns.samePadding.before,
      bottom: rows.samePadding.after, right: columns.samePadding.after)
  }
}
