internal import Kernels

/// Maximum or average over windows whose elements lie apart, which no published network has.
struct DilatedPooling: Kernel {
  let windows: Windows
  let kind: KernelTable.PoolingKind
  let planes: Int  // batch · channels

  var name: String { "dilated pooling" }
  var additionChain: Int { 1 }  // the sum is kept in Double
  var taskCount: Int { planes }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let plane = values.inputs[0].part(task, of: windows.input.count)
    let output = values.outputs[0].part(task, of: windows.output.count)
    for index in output.indices {
      let (i, j) = index.quotientAndRemainder(dividingBy: windows.output.width)
      output[index] = pooled(plane, i, j)
    }
  }

  /// What is computed of one window.
  private func pooled(_ plane: UnsafeBufferPointer<Float>, _ i: Int, _ j: Int) -> Float {
    let (size, after) = (windows.input, windows.trailingPadding)
    var (sum, largest, inside, padded) = (0.0, -Float.infinity, 0, 0)
    for k in 0..<windows.kernel.height {
      let row =
        i * windows.stride.height + k * windows.dilation.height
        - windows.leadingPadding.height
      for l in 0..<windows.kernel.width {
        let column =
          j * windows.stride.width + l * windows.dilation.width
          - windows.leadingPadding.width
        if row < size.height + after.height, column < size.width + after.width { padded += 1 }
        guard 0..<size.height ~= row, 0..<size.width ~= column else { continue }
        let element = plane[row * size.width + column]
        inside += 1
        sum += Double(element)
        if element > largest || element.isNaN { largest = element }
      }
    }
    switch kind {
    case .maximum: return largest
    case .averageOfPaddedWindow: return Float(sum / Double(padded))
    case .averageOfImageWindow: return Float(sum / Double(inside))
    }
  }
}
