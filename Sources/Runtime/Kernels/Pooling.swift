internal import Kernels

/// Maximum or average over windows, plane by plane.
struct WindowPooling: Kernel {
  let windows: Windows
  let kind: KernelTable.PoolingKind
  let planes: Int  // batch · channels

  var name: String { "pooling" }
  var additionChain: Int {
    switch kind {
    case .maximum: 0
    // The rows of a window are added first, then the sums of its columns.
    case .averageOfPaddedWindow, .averageOfImageWindow:
      windows.kernel.height + windows.kernel.width
    }
  }
  var taskCount: Int { planes }
  var scratchCount: Int { windows.input.width }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    worker.table.pool(
      values.inputs[0].part(task, of: windows.input.count), windows: windows, kind: kind,
      scratch: worker.scratch, into: values.outputs[0].part(task, of: windows.output.count))
  }
}

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

/// Maximum or average of whole planes.
struct PlanePooling: Kernel {
  let takesMaximum: Bool
  let planes: Int  // batch · channels
  let planeSize: Int

  private var blocks: Blocks { Blocks(planes, of: streamedBlock / planeSize) }

  var name: String { "plane pooling" }
  var additionChain: Int { takesMaximum ? 0 : 1 }  // the sum is kept in Double
  var taskCount: Int { blocks.blockCount }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    for plane in blocks[task] {
      let elements = values.inputs[0].part(plane, of: planeSize)
      values.outputs[0][plane] =
        takesMaximum
        ? worker.table.maximum(elements) : Float(worker.table.sum(elements) / Double(planeSize))
    }
  }
}
