internal import ModelGraph
internal import TensorCore

extension KerasFormat {
  /// What the networks of `keras.applications` were trained with, told by the names of their layers,
  /// as a sentence; nil for other networks and for those that prepare their images themselves.
  ///
  /// ResNets of 2015 have Caffe's weights or were trained as Caffe's were; those of 2016 (V2) see
  /// values from −1 to 1 (keras/src/applications/imagenet_utils.py, `preprocess_input`). Nobody knows
  /// whether a network with such names was trained so: it is no part of the model.
  func assumedPreprocessing(of model: KerasModel, _ network: Network) -> String? {
    let names = Set(model.allLayers.map(\.name))
    let published: Preprocessing.Published
    if names.contains("conv2_block1_preact_bn") {
      published = .tf
    } else if names.contains("conv2_block1_1_conv") || names.contains("res2a_branch2a") {
      published = .caffe
    } else {
      return nil
    }
    guard network.inputs.allSatisfy({ $0.shape.rank == 4 && $0.shape[1] == 3 }) else { return nil }
    guard !network.preparesImages else {
      return "the network prepares its images itself: no recipe is assumed on top"
    }
    return
      "preprocessing assumed from the names of layers: \(Preprocessing(published)); no file says "
      + "so (--preprocessing \(published.rawValue) writes it)"
  }
}

extension Network {
  /// Whether anything but zeros around it is done to an input before the first layer with weights.
  fileprivate var preparesImages: Bool {
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
