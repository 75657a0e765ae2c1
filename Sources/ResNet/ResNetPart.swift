/// A layer of a ResNet by its place in the description, whatever a framework calls it.
public enum ResNetPart: Hashable, Sendable {
  /// What a layer does at its place.
  public enum Role: String, Sendable, CaseIterable {
    /// Zeros as a layer of their own, before a window.
    case padding
    /// A convolution.
    case convolution
    /// Batch normalization.
    case normalization
    /// Learned factors and addends, where they are a layer of their own.
    case scale
    /// ReLU.
    case activation
    /// Windows of maxima; of one element, a stride.
    case pooling
    /// Channels of zeros.
    case channels
  }

  /// The images that enter.
  case image
  /// Before the first unit.
  case stem(Role)
  /// The pooling behind the first layers.
  case pool(Role)
  /// Before both branches of a unit that is activated before.
  case opening(UnitPlace, Role)
  /// The residual branch: a convolution from 0 on, and what belongs to it.
  case branch(UnitPlace, Int, Role)
  /// The shortcut.
  case shortcut(UnitPlace, Role)
  /// The addition.
  case sum(UnitPlace)
  /// What follows the addition.
  case closing(UnitPlace)
  /// Behind the last unit.
  case end(Role)
  /// The mean of each channel.
  case mean
  /// The matrix that makes the classes.
  case classes
  /// Softmax.
  case probabilities
}
