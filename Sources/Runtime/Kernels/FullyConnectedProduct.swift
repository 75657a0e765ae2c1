internal import Kernels

/// A matrix times each row of the input.
///
/// Reading the matrix is what takes the time: a task reads a few of its rows once for all images.
/// A product by OpenBLAS would be as fast, but its bits would depend on the number of images.
struct FullyConnectedProduct: Kernel {
  let kernel: FloatArray  // [outputs, inputs]
  let bias: FloatArray?  // [outputs]
  let batch: Int  // rows of the input
  let inputs: Int
  let outputs: Int
  let activation: Activation

  // 256 KiB of weights: they stay in L2 while the images pass.
  private var rows: Blocks { Blocks(outputs, of: (1 << 16) / inputs) }

  var name: String { "gemv" }
  var additionChain: Int {
    KernelTable.additionChain(ofRowProduct: inputs) + (bias == nil ? 0 : 1)
  }
  var taskCount: Int { rows.blockCount }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let range = rows[task]
    let weights = Matrix(
      kernel.elements, offset: range.lowerBound * inputs, rows: range.count, columns: inputs)
    for image in 0..<batch {
      worker.table.multiplyByVector(
        weights, by: values.inputs[0].part(image, of: inputs), bias: bias?.elements.part(range),
        activation: activation, into: values.outputs[0].part(image, of: outputs).part(range))
    }
  }
}
