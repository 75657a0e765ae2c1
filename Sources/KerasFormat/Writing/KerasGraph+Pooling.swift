internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Keras' poolings pad not at all or by `same`; they never pad with numbers: a maximum and an average
// are those of the part of the window in the image.
extension KerasGraph {
  /// The ways to get windows along an axis.
  private enum Fit {
    case valid, same
    /// Zeros around the image, which win over no number of 0 and above.
    case zeros
    /// All windows of `same` at stride 1, and of these every nth.
    case subsampled
  }

  mutating func add(_ layer: Layer.Pooling, _ node: Node) throws(FormatError) {
    try require(layer.dilation == Extent(1), node, "Keras has no dilated pooling")
    var image = image(value(node.inputs[0]), for: node)
    let isNonNegative = image.isNonNegative
    let output = shapes[node.outputs[0]]!  // every value has a shape
    var layer = layer
    if layer.kind == .average, layer.divisor == .paddedWindow, layer.padding != .none {
      // The padding counts: it is part of the image.
      image = pad(image, by: layer.padding, unusedName("\(name(of: node))_pad"))
      remarks.add(.padding, node.name)
      layer.padding = .none
    }
    let (rows, columns) = layer.axes(over: image.shape, to: output)
    let rowFits = fits(rows, layer.kind, isNonNegative: isNonNegative)
    let columnFits = fits(columns, layer.kind, isNonNegative: isNonNegative)
    guard let rowFit = rowFits.first, let columnFit = columnFits.first else {
      throw fault(node, reason(why: layer, over: image.shape))
    }
    let result: DraftValue
    if let both = rowFits.first(where: columnFits.contains) {
      result = pool(image, layer.kind, rows, columns, both, node, name(of: node))
    } else {
      // A maximum of maxima; an average of averages, whose windows are rectangles.
      remarks.add(.separatePoolings, node.name)
      let bands = pool(
        image, layer.kind, rows, .each(of: image.shape[3]), rowFit, node,
        unusedName("\(name(of: node))_rows"))
      result = pool(
        bands, layer.kind, .each(of: bands.shape[2]), columns, columnFit, node, name(of: node))
    }
    finish(node, result, isNonNegative: isNonNegative)
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
  private mutating func pool(
    _ image: DraftValue, _ kind: Layer.PoolingKind, _ rows: AxisWindows, _ columns: AxisWindows,
    _ fit: Fit, _ node: Node, _ name: String
  ) -> DraftValue {
    let kernel = Extent(height: rows.reach, width: columns.reach)
    let stride = Extent(height: rows.stride, width: columns.stride)
    let shape: Shape = [image.shape[0], image.shape[1], rows.count, columns.count]
    func settings(_ stride: Extent, _ padding: String) -> [JSON.Member] {
      [
        .init("pool_size", .integers([kernel.height, kernel.width])),
        .init("strides", .integers([stride.height, stride.width])),
        .init("padding", .string(padding)), .init("data_format", .string("channels_last")),
      ]
    }
    let type: LayerDraft.Class = kind == .maximum ? .maximumPooling : .averagePooling
    switch fit {
    case .valid:
      return append(name, type, settings(stride, "valid"), to: [image], shape: shape, .image)
    case .same:
      if stride != Extent(1) { remarks.add(.fixedSizes, node.name) }
      return append(name, type, settings(stride, "same"), to: [image], shape: shape, .image)
    case .zeros:
      let padding = Padding(
        top: rows.before, left: columns.before, bottom: rows.missing, right: columns.missing)
      remarks.add(.zeroPaddedMaxima, node.name)
      let padded = pad(image, by: padding, unusedName("\(name)_pad"))
      return append(name, type, settings(stride, "valid"), to: [padded], shape: shape, .image)
    case .subsampled:
      remarks.add(.subsampling, node.name)
      let dense = append(
        name, type, settings(Extent(1), "same"), to: [image], shape: image.shape, .image)
      return subsample(dense, by: stride, node, to: shape)
    }
  }

  mutating func add(_ layer: Layer.GlobalPooling, _ node: Node) throws(FormatError) {
    let image = image(value(node.inputs[0]), for: node)
    let output = node.outputs[0]
    // Without its axes of 1 where nobody would miss them.
    let isFlattened =
      readers[output].map { $0.allSatisfy { $0.flattensAll && !isOperand($0) } } ?? false
    let shape = shapes[output]!  // every value has a shape
    let result = append(
      node, layer.kind == .maximum ? .globalMaximumPooling : .globalAveragePooling,
      [.init("data_format", .string("channels_last"))]
        // Keras before TensorFlow 2.6 does not know it.
        + (isFlattened ? [] : [.init("keepdims", .bool(true))]), to: [image],
      shape: isFlattened ? [shape[0], shape[1]] : shape,
      isFlattened ? .plain(2) : .image)
    finish(node, result, isNonNegative: image.isNonNegative)
  }

  /// Whether what a node makes is repeated over an image, which needs the axes of 1 again.
  private func isOperand(_ node: Node) -> Bool {
    readers[node.outputs[0], default: []].contains { reader in
      switch reader.layer {
      case .scale(let layer): layer.scale == nil
      case .bias(let layer): layer.bias == nil
      default: false
      }
    }
  }

  private func reason(why layer: Layer.Pooling, over image: Shape) -> String {
    let padding = layer.padding
    let what =
      switch layer.kind {
      case .maximum: "Keras pads no maximum pooling whose inputs can be below 0"
      case .average: "Keras' average pooling has no such windows"
      }
    return what + ": kernel \(layer.kernel.height) × \(layer.kernel.width), stride "
      + "\(layer.stride.height) × \(layer.stride.width), padding \(padding.top) above, "
      + "\(padding.bottom) below, \(padding.left) left, \(padding.right) right, rounded by "
      + "\(layer.rounding) over \(image)"
  }
}

extension Node {
  /// Whether it reads all axes but the batch as one.
  fileprivate var flattensAll: Bool {
    switch layer {
    case .flatten(let layer): layer.axis == 1 && [-1, 3].contains(layer.endAxis)
    case .fullyConnected(let layer): layer.axis == 1
    default: false
    }
  }
}

extension Layer.Pooling {
  /// The windows along rows and columns of an image.
  fileprivate func axes(
    over image: Shape, to output: Shape
  ) -> (rows: AxisWindows, columns: AxisWindows) {
    (
      AxisWindows(
        count: output[2], extent: image[2], reach: kernel.height, stride: stride.height,
        before: padding.top, after: padding.bottom),
      AxisWindows(
        count: output[3], extent: image[3], reach: kernel.width, stride: stride.width,
        before: padding.left, after: padding.right)
    )
  }
}
