internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

extension CaffeGraph {
  mutating func draft(_ layer: Layer.Convolution, _ node: Node) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "Convolution", "convolution_param")
    let shape = layer.kernel.shape
    // The same on opposite sides, after lowering.
    let pad = Extent(height: layer.padding.top, width: layer.padding.left)
    draft.parameters.add("num_output", shape[0])
    draft.parameters.addUnlessDefault("bias_term", layer.bias != nil)
    draft.parameters.add(
      Extent(height: shape[2], width: shape[3]), "kernel_size", "kernel_h", "kernel_w")
    if pad != Extent(0) { draft.parameters.add(pad, "pad", "pad_h", "pad_w") }
    if layer.stride != Extent(1) {
      draft.parameters.add(layer.stride, "stride", "stride_h", "stride_w")
    }
    if layer.dilation != Extent(1) {
      draft.parameters.add(layer.dilation, "dilation", "dilation", "dilation")
    }
    draft.parameters.addUnlessDefault("group", layer.groups)
    draft.blobs = [try blob(layer.kernel, .kernel, node, as: shape)]
    if let bias = layer.bias {
      draft.blobs.append(try blob(bias, .bias, node, as: [shape[0]]))
    }
    return draft
  }
}

extension MessageBuilder {
  /// Adds height and width, in one field where they are equal.
  mutating func add(_ extent: Extent, _ both: String, _ height: String, _ width: String) {
    guard extent.height != extent.width else { return add(both, extent.height) }
    add(height, extent.height)
    add(width, extent.width)
  }
}
