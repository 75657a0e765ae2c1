internal import ModelGraph
internal import TensorCore

/// A value of an ONNX graph: a value of the network, seen with ONNX' axes.
struct Value {
  /// How ONNX' axes lie in the network's value.
  enum Layout: Equatable {
    /// As they are.
    case plain
    /// `[batch, channels, width]` as the one row of an image.
    case line
    /// Axis i in ONNX is the axis `axes[i]`: a transposition that nobody has had to carry out yet.
    case permuted([Int])
  }

  /// The value of the network.
  var name: String
  /// Its shape in the network.
  var shape: Shape
  var layout = Layout.plain

  /// Its shape in ONNX.
  var onnxShape: Shape {
    switch layout {
    case .plain: shape
    case .line: [shape[0], shape[1], shape[3]]
    case .permuted(let axes): Shape(axes.map { shape[$0] })
    }
  }

  var rank: Int { layout == .line ? 3 : shape.rank }

  /// The network's axis that an axis in ONNX is.
  func canonicalAxis(_ axis: Int) -> Int {
    switch layout {
    case .plain: axis
    case .line: axis == 2 ? 3 : axis
    case .permuted(let axes): axes[axis]
    }
  }

  /// Whether the elements lie in the order in which ONNX counts them.
  var isInOrder: Bool {
    guard case .permuted(let axes) = layout else { return true }
    let wide = axes.filter { shape[$0] != 1 }
    return wide == wide.sorted()
  }
}

/// What a name in a graph stands for.
enum Operand {
  case constant(Constant)
  case value(Value)
}
