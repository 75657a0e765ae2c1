public import TensorCore

/// Which tensor of the source became which weight of the model, and through which transforms.
public struct Ledger: Sendable, Equatable {
  /// What was done to a tensor on its way; nothing means its bits are untouched.
  public enum Transform: Sendable, Equatable {
    /// The same elements under another shape.
    case reshape(from: Shape, to: Shape)
    /// Rows and columns of a matrix exchanged.
    case transpose
    /// Axes in another order: axis i of the result is axis i of these of the tensor.
    case permute([Int])
    /// Rows and columns of kernels in the opposite order: the first two of four axes, or the first
    /// of three. It makes a convolution of a correlation.
    case flipKernels
    /// Each element plus a number, squared, in float64: a variance of a standard deviation.
    case square(adding: Double)
    /// One divided by the square of each element, less a number, in float64: a variance of the
    /// reciprocal of a standard deviation. Stored as float32, or float64 where it was that.
    case invertSquare(subtracting: Double)
    /// Each element divided by a number, in float64: a mean of a sum. Stored as float32, or float64
    /// where it was that.
    case divide(by: Double)
    /// Height and width of kernels exchanged: the last two of four axes.
    case swapSpatialAxes
    /// Each element replaced by 1: a factor that the source's framework stores but does not use.
    case setToOne
    /// Each element of half precision as a float32, which is exact.
    case widen(from: ElementType)
    /// Rows and columns of zeros around each kernel: the last two of four axes.
    case surroundWithZeros(Padding)
  }

  /// One tensor of the source.
  public struct Entry: Sendable, Equatable {
    /// Its name in the source: `conv1/blobs[0]`.
    public var source: String
    /// The name of the file that holds it.
    public var file: String
    /// Where its elements begin in that file; nil where they do not lie in one piece as they are,
    /// but in compressed chunks, for example.
    public var byteOffset: Int?
    /// What each of its elements is.
    public var elementType: ElementType
    /// Its extents in the source.
    public var shape: Shape
    /// What was done to it, in order.
    public var transforms: [Transform]
    /// The weight it became: `conv1/kernel`.
    public var target: String

    /// An entry.
    public init(
      source: String, file: String, byteOffset: Int?, elementType: ElementType = .float32,
      shape: Shape, transforms: [Transform] = [], target: String
    ) {
      self.source = source
      self.file = file
      self.byteOffset = byteOffset
      self.elementType = elementType
      self.shape = shape
      self.transforms = transforms
      self.target = target
    }

    /// The bytes its elements take, wherever they lie.
    public var byteCount: Int { shape.elementCount * elementType.byteCount }
  }

  /// A tensor of the source that became no weight: its layer is not part of the model.
  public struct LeftOut: Sendable, Equatable {
    /// Its name in the source.
    public var source: String
    /// The name of the file that holds it.
    public var file: String
    /// Where its elements begin in that file; nil where they do not lie in one piece as they are.
    public var byteOffset: Int?
    /// What each of its elements is.
    public var elementType: ElementType
    /// Its extents in the source.
    public var shape: Shape

    /// A tensor that was left out.
    public init(
      source: String, file: String, byteOffset: Int?, elementType: ElementType, shape: Shape
    ) {
      self.source = source
      self.file = file
      self.byteOffset = byteOffset
      self.elementType = elementType
      self.shape = shape
    }
  }

  /// The entries in the order of the source.
  public var entries: [Entry]
  /// What was left out, in the order of the source.
  public var leftOut: [LeftOut]

  /// A ledger.
  public init(entries: [Entry] = [], leftOut: [LeftOut] = []) {
    self.entries = entries
    self.leftOut = leftOut
  }

  /// What the entries leave open: each source tensor must be consumed exactly once and each weight
  /// filled exactly once.
  ///
  /// - Parameters:
  ///   - sources: the tensors the source holds.
  ///   - targets: the weights the model has.
  /// - Returns: one sentence for each fault, in order; empty if the ledger balances.
  public func faults(sources: [String], targets: [String]) -> [String] {
    var faults: [String] = []
    let consumed = Dictionary(grouping: entries, by: \.source).mapValues(\.count)
    let filled = Dictionary(grouping: entries, by: \.target).mapValues(\.count)
    if sources.isEmpty { faults.append("the source holds no tensors") }
    for source in sources {
      let count = consumed[source, default: 0]
      if count == 0 { faults.append("\(source) is not used by any layer") }
      if count > 1 { faults.append("\(source) is used \(count) times") }
    }
    for target in targets {
      let count = filled[target, default: 0]
      if count == 0 { faults.append("\(target) is not filled") }
      if count > 1 { faults.append("\(target) is filled \(count) times") }
    }
    let known = Set(sources)
    let wanted = Set(targets)
    for entry in entries {
      if !known.contains(entry.source) { faults.append("\(entry.source) does not exist") }
      if !wanted.contains(entry.target) {
        faults.append("\(entry.target) is no weight of the model")
      }
    }
    return faults
  }
}

extension Ledger.Transform: CustomStringConvertible {
  /// `reshape [1, 1, 10, 500] to [10, 500]`.
  public var description: String {
    switch self {
    case .reshape(let from, let to): "reshape \(from) to \(to)"
    case .transpose: "transpose"
    case .permute([3, 2, 0, 1]): "HWIO to OIHW"
    case .permute(let axes): "permute axes to \(axes)"
    case .flipKernels: "flip 180°"
    case .square(adding: 0): "std to variance"
    case .square(let addend): "std to variance: square of the sum with \(addend)"
    case .invertSquare(let subtrahend): "1/std to variance: 1/x² less \(subtrahend)"
    case .divide(let divisor): "divide by \(divisor)"
    case .swapSpatialAxes: "swap spatial axes"
    case .setToOne: "set to 1"
    case .widen(let type): "widen from \(type) to float32"
    case .surroundWithZeros(let zeros):
      "surround with zeros: \(zeros.top) above, \(zeros.bottom) below, \(zeros.left) left, "
        + "\(zeros.right) right"
    }
  }
}
