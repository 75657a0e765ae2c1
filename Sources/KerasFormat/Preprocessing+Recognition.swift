internal import ModelGraph
internal import ModelIO

extension Preprocessing {
  /// What the networks of `keras.applications` were trained with, told by the names of their layers;
  /// nil for other networks.
  ///
  /// ResNets of 2015 have Caffe's weights or were trained as Caffe's were; those of 2016 (V2) see
  /// values from −1 to 1 (keras/src/applications/imagenet_utils.py, `preprocess_input`).
  init?(of model: KerasModel, _ format: KerasLayout.DataFormat) {
    let names = Set(model.allLayers.map(\.name))
    if names.contains("conv2_block1_preact_bn") {
      self.init(.tf)
    } else if names.contains("conv2_block1_1_conv") || names.contains("res2a_branch2a") {
      self.init(.caffe)
    } else {
      return nil
    }
  }
}
