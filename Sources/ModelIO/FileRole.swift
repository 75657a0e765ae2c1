/// What a file is to the model that it is a part of.
public enum FileRole: Sendable {
  /// A whole model.
  case model
  /// The layers without their weights.
  case definition
  /// Weights; they may have a definition with them.
  case weights
  /// Something beside the network: a mean image, the names of the classes.
  case companion
}
