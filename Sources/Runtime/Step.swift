public import TensorCore

/// One kernel at work in a plan: what it reads, what it makes, which layers it stands for.
public struct Step: Sendable {
  /// The layer that names it.
  public let name: String
  /// The layers merged into it, in order.
  public let fusedLayers: [String]
  /// The values it reads, the addend of a fused sum last.
  public let inputs: [String]
  /// The shapes of `inputs`.
  public let inputShapes: [Shape]
  /// The values it makes.
  public let outputs: [String]
  /// The shapes of `outputs`.
  public let outputShapes: [Shape]
  /// Multiply-accumulates of a convolution or a matrix product; 0 for any other step.
  public let multiplyAccumulates: Int
  let kernel: any Kernel

  /// The kernel with what it was tuned to: `product 64×224, unfolded by tile`.
  public var kernelName: String { kernel.name }
  /// The longest chain of float32 additions behind one element; an upper bound.
  public var additionChain: Int { kernel.additionChain }
  /// Into how many independent tasks the step is cut.
  public var taskCount: Int { kernel.taskCount }
}

extension Step: CustomStringConvertible {
  /// `conv1 + bn1 + relu1: product 64×224, data [1, 3, 224, 224] → relu1 [1, 64, 112, 112], d 148`.
  public var description: String {
    func list(_ values: [String], _ shapes: [Shape]) -> String {
      zip(values, shapes).map { "\($0) \($1)" }.joined(separator: ", ")
    }
    let names = ([name] + fusedLayers).joined(separator: " + ")
    return "\(names): \(kernelName), \(list(inputs, inputShapes)) → "
      + "\(list(outputs, outputShapes)), d \(additionChain), "
      + "\(taskCount) \(taskCount == 1 ? "task" : "tasks")"
  }
}
