internal import Kernels

/// A convolution whose groups have one input channel each: plane by plane, tap by tap.
struct DepthwiseConvolution: Kernel {
  let kernel: FloatArray  // [outputChannels, 1, height, width]
  let bias: FloatArray?  // [outputChannels]
  let windows: Windows
  let batch: Int
  let inputChannels: Int
  let outputChannels: Int
  let addsLastInput: Bool
  let activation: Activation

  var name: String { "depthwise" }
  var additionChain: Int {
    windows.kernel.count + (bias == nil ? 0 : 1) + (addsLastInput ? 1 : 0)
  }
  var taskCount: Int { batch * outputChannels }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let (image, channel) = (task / outputChannels, task % outputChannels)
    let source = image * inputChannels + channel / (outputChannels / inputChannels)
    let area = windows.output.count
    let output = values.outputs[0].part(task, of: area)
    worker.table.convolve(
      values.inputs[0].part(source, of: windows.input.count),
      with: kernel.elements.part(channel, of: windows.kernel.count), windows: windows,
      into: output)
    let addend = addsLastInput ? values.inputs.last : nil
    guard bias != nil || addend != nil || activation != .none else { return }
    let row = MutableMatrix(output, rows: 1, columns: area)
    worker.table.affineRows(
      row.reading, shift: bias?.elements.part(channel..<channel + 1),
      addend: addend.map { Matrix($0, offset: task * area, rows: 1, columns: area) },
      activation: activation, into: row)
  }
}
