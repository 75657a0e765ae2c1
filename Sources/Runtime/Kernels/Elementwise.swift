internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Sum, product or maximum of inputs of one shape.
struct Combination: Kernel {
  let combination: KernelTable.Combination
  let inputCount: Int
  let count: Int
  let activation: Activation

  private var pieces: Blocks { Blocks(count, of: streamedBlock) }

  var name: String {
    switch combination {
    case .sum: "sum"
    case .product: "product of elements"
    case .maximum: "maximum"
    case .minimum: "minimum"
    }
  }
  var additionChain: Int {
    switch combination {
    case .sum, .product: inputCount - 1  // a product rounds as often as a sum
    case .maximum, .minimum: 0
    }
  }
  var taskCount: Int { pieces.blockCount }
  var overwritableInputs: [Int] { Array(0..<inputCount) }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let range = pieces[task]
    worker.table.combine(
      values.inputs.map { $0.part(range) }, by: combination, activation: activation,
      into: values.outputs[0].part(range))
  }
}

/// Sum, product, maximum or minimum of inputs that are broadcast, element by element.
struct BroadcastCombination: Kernel {
  let combination: Combination
  let shape: Shape
  /// From one element to the next of each input, along each axis of `shape`.
  let strides: [[Int]]

  private var pieces: Blocks { Blocks(shape.elementCount, of: streamedBlock / 16) }

  var name: String { "broadcast \(combination.name)" }
  var additionChain: Int { combination.additionChain }
  var taskCount: Int { pieces.blockCount }
  var scratchCount: Int { strides.count * pieces.size }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let range = pieces[task]
    // The operands of these elements, repeated where they are.
    let operands = strides.indices.map { input in
      let gathered = worker.scratch.part(input, of: pieces.size).part(0..<range.count)
      for (index, element) in range.enumerated() {
        gathered[index] = values.inputs[input][place(element, strides[input])]
      }
      return UnsafeBufferPointer(gathered)
    }
    worker.table.combine(
      operands, by: combination.combination, activation: combination.activation,
      into: values.outputs[0].part(range))
  }

  /// Where an element of the output has its operand.
  private func place(_ index: Int, _ strides: [Int]) -> Int {
    var (rest, place) = (index, 0)
    for axis in strides.indices.reversed() {
      place += rest % shape[axis] * strides[axis]
      rest /= shape[axis]
    }
    return place
  }
}

/// A function of one element.
struct UnaryFunction: Kernel {
  let name: String
  let function: Functions.Unary
  let count: Int

  private var pieces: Blocks { Blocks(count, of: streamedBlock / 16) }

  var additionChain: Int { 1 }
  var taskCount: Int { pieces.blockCount }
  var overwritableInputs: [Int] { [0] }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let range = pieces[task]
    function.apply(to: values.inputs[0].part(range), into: values.outputs[0].part(range))
  }
}

extension Functions.Unary {
  /// The function that an activation is; a rectifier has a kernel of its own.
  init?(_ activation: Layer.Activation) {
    switch activation {
    case .relu: return nil
    case .clip(let minimum, let maximum): self = .clip(minimum: minimum, maximum: maximum)
    case .elu(let elu): self = .elu(alpha: elu.alpha)
    case .selu(let alpha, let gamma): self = .selu(alpha: alpha, gamma: gamma)
    case .celu(let alpha): self = .celu(alpha: alpha)
    case .sigmoid: self = .sigmoid
    case .hardSigmoid(let slope, let offset): self = .hardSigmoid(slope: slope, offset: offset)
    case .tanh: self = .tanh
    case .silu: self = .silu
    case .hardSwish: self = .hardSwish
    case .gelu: self = .gelu
    case .geluTanh: self = .geluTanh
    case .mish: self = .mish
    case .softplus: self = .softplus
    case .softsign: self = .softsign
    case .absolute: self = .absolute
    case .exponential: self = .exponential
    case .logarithm: self = .logarithm
    case .errorFunction: self = .errorFunction
    case .power(let power):
      self = .power(power: power.power, scale: power.scale, shift: power.shift)
    }
  }
}
