public import TensorCore

/// One kernel at work in a plan: what it reads, what it makes, which layers it stands for.
public struct Step: Sendable {
  /// The layer that names it.
  public let name: String
  /// The layers merged into it, in order.
  public let fusedLayers: [String]
  /// The values it reads, the addend of a fused sum last.
  public let inputs: [PlanValue]
  /// The values it makes.
  public let outputs: [PlanValue]
  /// Multiply-accumulates of a convolution or a matrix product as its layer defines it; 0 for any
  /// other step.
  public let multiplyAccumulates: Int
  /// How long one thread was expected to take when the kernel was chosen, in nanoseconds.
  public let estimate: Double
  let kernel: any Kernel

  /// The kernel with what it was tuned to: `winograd 4×4, panels of 16`.
  public var kernelName: String { kernel.name }
  /// The longest chain of float32 additions behind one element; an upper bound.
  public var additionChain: Int { kernel.additionChain }
  /// Outputs of a tile of Winograd's along each side; nil for kernels that add term by term.
  public var winogradTile: Int? { kernel.winogradTile }
  /// Into how many independent tasks the step is cut.
  public var taskCount: Int { kernel.taskCount }
  /// Bytes of its packed weights.
  public var weightByteCount: Int { 4 * kernel.weightCount }
  /// The bytes that it has to read and write: inputs, weights, outputs.
  public var byteCount: Int {
    (inputs + outputs).reduce(weightByteCount) { $0 + $1.type.byteCount }
  }
  /// The shapes of `inputs`.
  public var inputShapes: [Shape] { inputs.map(\.type.shape) }
  /// The shapes of `outputs`.
  public var outputShapes: [Shape] { outputs.map(\.type.shape) }
}

extension Step: CustomStringConvertible {
  /// `conv1 + bn1 + relu1: planar, panels of 16, data [1, 3, 224, 224] → relu1 [1, 64, 112, 112]
  /// blocked, d 148, 4 tasks`.
  public var description: String {
    func list(_ values: [PlanValue]) -> String {
      values.map(\.description).joined(separator: ", ")
    }
    let names = ([name] + fusedLayers).joined(separator: " + ")
    return "\(names): \(kernelName), \(list(inputs)) → \(list(outputs)), d \(additionChain), "
      + "\(taskCount) \(taskCount == 1 ? "task" : "tasks")"
  }
}
