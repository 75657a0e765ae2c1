internal import Files
internal import ModelGraph
internal import TensorCore

/// A tensor that is known when a model is read: weights, shapes, bounds.
struct Constant {
  /// The elements.
  enum Elements {
    /// Numbers that can be weights.
    case numbers(Tensor)
    /// Integers or truths.
    case integers([Int])
    /// Elements of a type that no layer reads: its name.
    case other(String)
  }

  var elements: Elements
  var shape: Shape
  /// The initializer it was made of; nil for what was computed.
  var source: StoredTensor?
  /// What was done to that, in order.
  private(set) var transforms: [Ledger.Transform] = []

  /// A vector of integers.
  init(_ integers: [Int]) {
    elements = .integers(integers)
    shape = [integers.count]
  }

  init(_ elements: Elements, _ shape: Shape, source: StoredTensor? = nil) {
    self.elements = elements
    self.shape = shape
    self.source = source
  }

  /// A tensor that was computed.
  init(computed tensor: Tensor) {
    self.init(.numbers(tensor), tensor.shape)
  }

  /// The tensor; nil for integers.
  var tensor: Tensor? {
    if case .numbers(let tensor) = elements { tensor } else { nil }
  }

  /// The integers; nil for anything else.
  var integers: [Int]? {
    if case .integers(let integers) = elements { integers } else { nil }
  }

  /// The elements as Double; nil for what is no number.
  var doubles: [Double]? {
    switch elements {
    case .numbers(let tensor): tensor.doubles
    case .integers(let integers): integers.map { Double($0) }
    case .other: nil
    }
  }

  /// The one element; nil where there are several.
  var scalar: Double? { shape.elementCount == 1 ? doubles?.first : nil }

  /// The same elements under another shape.
  func reshaped(to shape: Shape) -> Constant {
    guard shape != self.shape else { return self }
    var result = self
    result.shape = shape
    if case .numbers(let tensor) = elements {
      result.elements = .numbers(tensor.reshaped(to: shape))
    }
    result.transforms.append(.reshape(from: self.shape, to: shape))
    return result
  }

  /// Axes in another order: axis i of the result is axis `axes[i]`.
  func permuted(_ axes: [Int]) -> Constant {
    guard axes != Array(axes.indices) else { return self }
    switch elements {
    case .numbers(let tensor):
      let moved = tensor.permuted(axes)
      var result = Constant(.numbers(moved), moved.shape, source: source)
      result.transforms = transforms + [axes == [1, 0] ? .transpose : .permute(axes)]
      return result
    case .integers(let integers):
      let extents = axes.map { shape[$0] }
      let order = Tensor(shape, integers.indices.map { Double($0) }).permuted(axes).doubles
      return Constant(.integers(order.map { integers[Int($0)] }), Shape(extents))
    case .other: return self
    }
  }

  /// The elements repeated along the axes in which it is smaller than `whole`.
  func broadcast(to whole: Shape) -> Constant {
    guard shape != whole else { return self }
    let places = Self.places(of: shape, in: whole)
    switch elements {
    case .numbers(let tensor):
      let numbers = tensor.doubles
      return Constant(computed: Tensor.like(tensor, whole, places.map { numbers[$0] }))
    case .integers(let integers): return Constant(.integers(places.map { integers[$0] }), whole)
    case .other: return self
    }
  }

  /// Where each element of `whole` has its operand.
  static func places(of shape: Shape, in whole: Shape) -> [Int] {
    let strides = shape.strides(broadcastTo: whole)
    return (0..<whole.elementCount).map { index in
      var (rest, place) = (index, 0)
      for axis in strides.indices.reversed() {
        place += rest % whole[axis] * strides[axis]
        rest /= whole[axis]
      }
      return place
    }
  }
}

extension Tensor {
  /// Numbers of another tensor's precision: float64 stays that, and so does what float32 cannot hold.
  static func like(_ tensor: Tensor, _ shape: Shape, _ numbers: [Double]) -> Tensor {
    tensor.elementType == .float64 ? Tensor(shape, numbers) : exact(shape, numbers)
  }

  /// Numbers in float32 where that holds all of them, else in float64.
  static func exact(_ shape: Shape, _ numbers: [Double]) -> Tensor {
    let fits = numbers.allSatisfy { Double(Float($0)) == $0 || $0.isNaN }
    return fits ? Tensor(shape, numbers.map { Float($0) }) : Tensor(shape, numbers)
  }
}
