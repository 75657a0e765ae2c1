internal import ModelGraph
internal import ResNet
internal import TensorCore

extension KerasFormat {
  /// What the networks of `keras.applications` were trained with, told by the names of their layers,
  /// as a sentence; nil for other networks and for those that prepare their images themselves.
  ///
  /// Nobody knows whether a network with such names was trained so: it is no part of the model.
  func assumedPreprocessing(of model: KerasModel, _ network: Network) -> String? {
    guard let published = Preprocessing.published(forLayers: model.allLayers.map(\.name)),
      network.inputs.allSatisfy({ $0.shape.rank == 4 && $0.shape[1] == 3 })
    else { return nil }
    guard !network.preparesImages else {
      return "the network prepares its images itself: no recipe is assumed on top"
    }
    return
      "preprocessing assumed from the names of layers: \(Preprocessing(published)); no file says "
      + "so (--preprocessing \(published.rawValue) writes it)"
  }
}
