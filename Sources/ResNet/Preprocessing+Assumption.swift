public import ModelGraph

extension Preprocessing {
  /// The recipe that networks with layers of such names were published with; nil for others.
  ///
  /// ResNets of 2015 in `keras.applications` have Caffe's weights or were trained as Caffe's were;
  /// those of 2016 (V2) see values from −1 to 1 (keras/src/applications/imagenet_utils.py,
  /// `preprocess_input`); torchvision's are divided by deviations. Nobody knows whether a network
  /// with such names was trained so.
  public static func published(forLayers names: some Sequence<String>) -> Published? {
    let names = Set(names)
    if names.contains("conv2_block1_preact_bn") { return .tf }
    if names.contains("conv2_block1_1_conv") || names.contains("res2a_branch2a") { return .caffe }
    return names.contains("layer1.0.conv1") || names.contains("/layer1/layer1.0/conv1/Conv")
      ? .torch : nil
  }
}

extension Network {
  /// Whether anything but zeros around it is done to an input before the first layer with weights.
  public var preparesImages: Bool {
    var raw: Set<String> = []
    for node in nodes {
      switch node.layer {
      case .input: raw.formUnion(node.outputs)
      case .zeroPadding, .passThrough, .reshape, .permutation, .flatten:
        if node.inputs.contains(where: raw.contains) { raw.formUnion(node.outputs) }
      case .convolution, .fullyConnected: continue
      case .batchNormalization, .scale, .bias, .activation, .prelu, .pooling, .globalPooling,
        .elementwise, .concatenation, .slice, .crop, .softmax, .localResponseNormalization:
        if node.inputs.contains(where: raw.contains) { return true }
      }
    }
    return false
  }
}
