internal import Kernels

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
    }
  }
  var additionChain: Int {
    switch combination {
    case .sum, .product: inputCount - 1  // a product rounds as often as a sum
    case .maximum: 0
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

/// A function of one element.
struct UnaryFunction: Kernel {
  let function: Functions.Unary
  let count: Int

  private var pieces: Blocks { Blocks(count, of: streamedBlock / 16) }

  var name: String {
    switch function {
    case .elu: "ELU"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .power: "power"
    }
  }
  var additionChain: Int { 1 }
  var taskCount: Int { pieces.blockCount }
  var overwritableInputs: [Int] { [0] }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let range = pieces[task]
    Functions.apply(function, to: values.inputs[0].part(range), into: values.outputs[0].part(range))
  }
}
