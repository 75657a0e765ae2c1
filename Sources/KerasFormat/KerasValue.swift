internal import TensorCore

/// A value of a model, as Keras sees it and as the canonical model holds it.
struct KerasValue: Sendable {
  /// How the canonical elements lie, compared with those of Keras.
  enum Arrangement: Sendable, Equatable {
    /// The same.
    case plain
    /// An image `[batch, height, width, channels]` that the canonical model has as
    /// `[batch, channels, height, width]`.
    case image
    /// A line `[batch, length, channels]` that the canonical model has as an image of one row,
    /// `[batch, channels, 1, length]`.
    case line
    /// One channel of an image, `[batch, height, width]`, that the canonical model has as an image of
    /// one channel, `[batch, 1, height, width]`.
    case plane
    /// An image flattened by rows, that the canonical model flattened by channels.
    case flattened(height: Int, width: Int, channels: Int)
  }

  /// The canonical value.
  var name: String
  /// Its canonical shape.
  var shape: Shape
  /// How its elements lie.
  var arrangement: Arrangement = .plain

  /// The shape in Keras.
  var kerasShape: Shape {
    switch arrangement {
    case .plain, .flattened: shape
    case .image: [shape[0], shape[2], shape[3], shape[1]]
    case .line: [shape[0], shape[3], shape[1]]
    case .plane: [shape[0], shape[2], shape[3]]
    }
  }

  /// The canonical axis of an axis of Keras.
  func canonicalAxis(_ axis: Int) -> Int {
    switch arrangement {
    case .plain, .flattened: axis
    case .image: [0, 2, 3, 1][axis]
    case .line: [0, 3, 1][axis]
    case .plane: [0, 2, 3][axis]
    }
  }
}
