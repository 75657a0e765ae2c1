internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

// Caffe's pooling pads opposite sides alike, rounds up unless told otherwise, drops a last window
// that begins past the image if there is padding, and divides by the window in the padded image.
extension CaffeGraph {
  mutating func draft(_ layer: Layer.Pooling, _ node: Node) throws(FormatError) -> LayerDraft {
    try require(layer.dilation == Extent(1), node, "Caffe has no dilated pooling")
    let (input, output) = (shape(of: node.inputs[0]), shape(of: node.outputs[0]))
    let pad = Extent(height: layer.padding.top, width: layer.padding.left)
    let rounding = [Rounding.ceil, .floor].first {
      hasSameWindows(as: layer, from: input, to: output, pad: pad, rounding: $0)
    }
    guard let rounding else {
      throw fault(node, reason(why: layer, from: input))
    }
    if !layer.isOfCaffe(rounding: rounding) { remarks.add(.poolingSizes, node.name) }

    var draft = LayerDraft(node.name, "Pooling", "pooling_param")
    draft.parameters.add("pool", named: layer.kind.caffeName)
    draft.parameters.add(layer.kernel, "kernel_size", "kernel_h", "kernel_w")
    if layer.stride != Extent(1) {
      draft.parameters.add(layer.stride, "stride", "stride_h", "stride_w")
    }
    if pad != Extent(0) { draft.parameters.add(pad, "pad", "pad_h", "pad_w") }
    switch rounding {
    case .ceil: break
    case .floor:
      draft.parameters.add("round_mode", named: "FLOOR")
      remarks.add(.floorPooling, node.name)
    }
    return draft
  }

  func draft(_ layer: Layer.GlobalPooling, _ node: Node) -> LayerDraft {
    var draft = LayerDraft(node.name, "Pooling", "pooling_param")
    draft.parameters.add("pool", named: layer.kind.caffeName)
    draft.parameters.add("global_pooling", true)
    return draft
  }

  /// Whether Caffe's pooling of some pads and rounding has the layer's windows for these images.
  private func hasSameWindows(
    as layer: Layer.Pooling, from input: Shape, to output: Shape, pad: Extent, rounding: Rounding
  ) -> Bool {
    let clips = pad != Extent(0)
    let rows = AxisWindows(
      count: output[2], extent: input[2], kernel: layer.kernel.height,
      stride: layer.stride.height, before: layer.padding.top, after: layer.padding.bottom)
    let columns = AxisWindows(
      count: output[3], extent: input[3], kernel: layer.kernel.width, stride: layer.stride.width,
      before: layer.padding.left, after: layer.padding.right)
    return [rows, columns].allSatisfy { axis in
      guard axis.caffeCount(rounding: rounding, clips: clips) == axis.count else { return false }
      switch (layer.kind, layer.divisor) {
      case (.maximum, _): return true
      case (.average, .paddedWindow): return axis.isLastCutAlike
      case (.average, .imageWindow): return axis.before == 0
      }
    }
  }

  private func reason(why layer: Layer.Pooling, from input: Shape) -> String {
    let padding = layer.padding
    let divisor =
      switch (layer.kind, layer.divisor) {
      case (.maximum, _): ""
      case (.average, .paddedWindow): ", divided by the part in the padded image,"
      case (.average, .imageWindow): ", divided by the part in the image,"
      }
    return "Caffe's pooling has no such windows: kernel \(layer.kernel.height) × "
      + "\(layer.kernel.width), stride \(layer.stride.height) × \(layer.stride.width), padding "
      + "\(padding.top) above, \(padding.bottom) below, \(padding.left) left, \(padding.right) "
      + "right, rounded by \(layer.rounding)\(divisor) over \(input)"
  }
}

/// The windows of a pooling along one axis, from which Caffe's with the same leading pad can differ
/// in two ways only: in their number, and in where the last ones are cut.
private struct AxisWindows {
  let count: Int
  let extent: Int
  let kernel: Int
  let stride: Int
  let before: Int
  let after: Int

  /// How many windows Caffe has; nil if there is none.
  func caffeCount(rounding: Rounding, clips: Bool) -> Int? {
    let free = extent + 2 * before - kernel + (rounding == .ceil ? stride - 1 : 0)
    guard free >= 0 else { return nil }
    let count = free / stride + 1
    return clips && (count - 1) * stride >= extent + before ? count - 1 : count
  }

  /// Whether the last window, and so each one, ends at the same place of the padded image.
  var isLastCutAlike: Bool {
    let end = (count - 1) * stride - before + kernel
    return min(end, extent + after) == min(end, extent + before)
  }
}

extension Layer.PoolingKind {
  fileprivate var caffeName: String {
    switch self {
    case .maximum: "MAX"
    case .average: "AVE"
    }
  }
}

extension Layer.Pooling {
  /// Whether Caffe has this very layer, whatever the size of the image.
  fileprivate func isOfCaffe(rounding: Rounding) -> Bool {
    let hasPadding = padding != .none
    return (self.rounding == rounding || stride == Extent(1))
      && padding == Padding(vertical: padding.top, horizontal: padding.left)
      && (self.rounding == .floor || clipsLastWindow == hasPadding)
      && (kind == .maximum || divisor == .paddedWindow || !hasPadding)
  }
}
