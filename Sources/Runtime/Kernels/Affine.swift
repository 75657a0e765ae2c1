internal import Kernels

/// `y = activation(x · scale + shift)`, the operands broadcast over the axes before and after theirs.
struct Affine: Kernel {
  /// Factors or addends.
  enum Operand: Sendable {
    case constant(FloatArray)
    /// An input of the step.
    case input(Int)

    func elements(_ values: StepValues) -> UnsafeBufferPointer<Float> {
      switch self {
      case .constant(let array): array.elements
      case .input(let index): values.inputs[index]
      }
    }
  }

  let scale: Operand?
  let shift: Operand?
  let outer: Int  // elements before the operands' axes
  let count: Int  // elements of an operand
  let inner: Int  // elements after the operands' axes
  let activation: Activation

  private var rows: Blocks { Blocks(outer * count, of: streamedBlock / inner) }
  private var pieces: Blocks { Blocks(count, of: streamedBlock) }

  var name: String { "multiply-add" }
  var additionChain: Int { shift == nil ? 0 : 1 }
  var taskCount: Int { inner == 1 ? outer * pieces.blockCount : rows.blockCount }
  var overwritableInputs: [Int] { [0] }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let scale = scale?.elements(values)
    let shift = shift?.elements(values)
    if inner == 1 {
      let range = pieces[task % pieces.blockCount]
      let row = task / pieces.blockCount
      worker.table.affineElements(
        values.inputs[0].part(row, of: count).part(range), scale: scale?.part(range),
        shift: shift?.part(range), activation: activation,
        into: values.outputs[0].part(row, of: count).part(range))
      return
    }
    for row in rows[task] {
      let channel = row % count
      worker.table.affineRows(
        Matrix(values.inputs[0], offset: row * inner, rows: 1, columns: inner),
        scale: scale?.part(channel..<channel + 1), shift: shift?.part(channel..<channel + 1),
        activation: activation,
        into: MutableMatrix(values.outputs[0], offset: row * inner, rows: 1, columns: inner))
    }
  }
}

/// A rectifier with one slope, or one for each channel.
struct Rectifier: Kernel {
  let slopes: [Float]  // [channels] or [1]
  let maximum: Float
  let rowCount: Int  // batch · channels, or 1
  let rowSize: Int

  private var pieces: Blocks { Blocks(rowSize, of: streamedBlock) }

  var name: String { "rectifier" }
  var additionChain: Int { 0 }
  var taskCount: Int { rowCount * pieces.blockCount }
  var overwritableInputs: [Int] { [0] }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let row = task / pieces.blockCount
    let range = pieces[task % pieces.blockCount]
    worker.table.affineElements(
      values.inputs[0].part(row, of: rowSize).part(range),
      activation: Activation(negativeSlope: slopes[row % slopes.count], maximum: maximum),
      into: values.outputs[0].part(row, of: rowSize).part(range))
  }
}
