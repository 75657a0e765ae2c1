internal import ModelGraph
internal import TensorCore

/// A value of the network and how Keras has it.
struct DraftValue {
  /// How the elements lie in Keras, compared with the canonical ones.
  enum Arrangement: Hashable {
    /// Axis `i` of Keras is canonical axis `axes[i]`; the batch stays first.
    case axes([Int])
    /// An image that the canonical network flattened by channels and Keras by rows.
    case flattened(channels: Int, height: Int, width: Int)

    /// Images with their channels last.
    static let image = Arrangement.axes([0, 2, 3, 1])

    /// The canonical order.
    static func plain(_ rank: Int) -> Arrangement { .axes(Array(0..<rank)) }
  }

  /// Where it is made.
  var source: LayerDraft.Reference
  /// Its canonical shape.
  var shape: Shape
  var arrangement: Arrangement
  /// The layer that exchanged its axes, where Keras has not done so yet.
  var permutation: Node?

  /// The shape in Keras.
  var kerasShape: Shape {
    switch arrangement {
    case .axes(let axes): Shape(axes.map { shape[$0] })
    case .flattened: shape
    }
  }

  /// The axis in Keras of a canonical axis; nil for the second of a flattened image.
  func kerasAxis(_ axis: Int) -> Int? {
    switch arrangement {
    case .axes(let axes): axes.firstIndex(of: axis)
    case .flattened: axis == 0 ? 0 : nil
    }
  }

  /// Whether the elements follow each other as the canonical ones do, whatever the axes.
  var isInOrder: Bool {
    switch arrangement {
    case .axes(let axes):
      let moving = axes.filter { shape[$0] != 1 }
      return moving == moving.sorted()
    case .flattened: return false
    }
  }

  /// Whether another value, which differs by axes of 1 alone, has its elements in the same order.
  func hasOrder(of other: DraftValue) -> Bool {
    guard case .axes(let axes) = arrangement, case .axes(let otherAxes) = other.arrangement,
      shape.dimensions.filter({ $0 != 1 }) == other.shape.dimensions.filter({ $0 != 1 })
    else { return false }
    /// The axes longer than 1 by their places among each other, in the order of Keras.
    func order(_ axes: [Int], _ shape: Shape) -> [Int] {
      let moving = axes.filter { shape[$0] != 1 }
      return moving.map { axis in moving.count { $0 < axis } }
    }
    return order(axes, shape) == order(otherAxes, other.shape)
  }

  /// The arrangement that Keras' users expect of a value.
  static func standard(_ rank: Int) -> Arrangement { rank == 4 ? .image : .plain(rank) }
}
