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
    /// Where it lies.
    public var source: StoredTensor
    /// What was done to it, in order.
    public var transforms: [Transform]
    /// The weight it became: `conv1/kernel`.
    public var target: String

    /// An entry.
    public init(source: StoredTensor, transforms: [Transform] = [], target: String) {
      self.source = source
      self.transforms = transforms
      self.target = target
    }
  }

  /// The entries in the order of the source.
  public var entries: [Entry]
  /// Tensors that became no weight, because their layers are not part of the model; in the order of
  /// the source.
  public var leftOut: [StoredTensor]

  /// A ledger.
  public init(entries: [Entry] = [], leftOut: [StoredTensor] = []) {
    self.entries = entries
    self.leftOut = leftOut
  }

  /// What the entries leave open: each source tensor must be consumed exactly once and each weight
  /// filled exactly once.
  ///
  /// - Parameters:
  ///   - sources: the names of the tensors that the source holds.
  ///   - targets: the weights the model has.
  /// - Returns: one sentence for each fault, in order; empty if the ledger balances.
  public func faults(sources: [String], targets: [String]) -> [String] {
    var faults: [String] = []
    let consumed = Dictionary(grouping: entries, by: \.source.object).mapValues(\.count)
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
      let source = entry.source.object
      if !known.contains(source) { faults.append("\(source) does not exist") }
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
