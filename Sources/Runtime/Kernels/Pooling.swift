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
