internal import Kernels

/// Maximum or average over windows, by blocks of channels.
struct BlockedPooling: Kernel {
  let windows: Windows
  let kind: KernelTable.PoolingKind
  let channels: Int
  private let split: Split

  init(
    _ windows: Windows, _ kind: KernelTable.PoolingKind, batch: Int, channels: Int,
    threadCount: Int
  ) {
    self.windows = windows
    self.kind = kind
    self.channels = channels
    split = Split(
      images: batch, rows: windows.output.height, panels: Blocked.blocks(channels), inputCount: 0,
      weightCount: 1, threadCount: threadCount)
  }

  var name: String { "pooling" }
  var additionChain: Int {
    switch kind {
    case .maximum: 0
    case .averageOfPaddedWindow, .averageOfImageWindow: windows.kernel.count
    }
  }
  var taskCount: Int { split.taskCount }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    worker.kernels.pool(
      values.inputs[0], channels: channels, windows: windows, kind: kind, split[task],
      into: values.outputs[0])
  }
}

/// The mean of whole planes.
struct PlaneAverage: Kernel {
  let planes: Int  // batch · blocks
  let pixels: Int

  private var blocks: Blocks { Blocks(planes, of: streamedBlock / (16 * pixels)) }

  var name: String { "plane average" }
  var additionChain: Int { 1 }  // the sum is kept in Double
  var taskCount: Int { blocks.blockCount }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let range = blocks[task]
    worker.kernels.averagePlanes(
      values.inputs[0].part(16 * pixels * range.lowerBound..<16 * pixels * range.upperBound),
      pixels: pixels,
      into: values.outputs[0].part(16 * range.lowerBound..<16 * range.upperBound))
  }
}

/// `y = activation(x · scale + shift)` with numbers for each channel, or slopes for each channel.
struct ChannelAffineKernel: Kernel {
  enum Operand: Sendable {
    /// `[channels]`, filled up to whole blocks.
    case constant([Float])
    /// An input of the step, `[batch, channels, 1, 1]` in blocks.
    case input(Int)
  }
  enum Function: Sendable {
    case affine(scale: Operand?, shift: Operand?, Activation)
    case slopes([Float])
  }

  let function: Function
  /// Which input is `x`.
  var data = 0
  let batch: Int
  let blocks: Int
  let pixels: Int

  private var pieces: Blocks { Blocks(blocks, of: streamedBlock / (16 * pixels)) }

  var name: String {
    switch function {
    case .affine: "multiply-add by channel"
    case .slopes: "rectifier by channel"
    }
  }
  var additionChain: Int {
    if case .affine(_, let shift, _) = function, shift != nil { 1 } else { 0 }
  }
  var taskCount: Int { batch * pieces.blockCount }
  var overwritableInputs: [Int] { [data] }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let (image, range) = (task / pieces.blockCount, pieces[task % pieces.blockCount])
    func lanes(_ image: Int) -> Range<Int> {
      16 * (image * blocks + range.lowerBound)..<16 * (image * blocks + range.upperBound)
    }
    let elements = lanes(image).lowerBound * pixels..<lanes(image).upperBound * pixels
    let (x, y) = (values.inputs[data].part(elements), values.outputs[0].part(elements))
    func with(
      _ operand: Operand?, _ body: (UnsafeBufferPointer<Float>?) -> Void
    ) {
      switch operand {
      case nil: body(nil)
      case .constant(let numbers):
        numbers.withUnsafeBufferPointer { body($0.part(lanes(0))) }
      case .input(let index): body(values.inputs[index].part(lanes(image)))
      }
    }
    switch function {
    case .affine(let scale, let shift, let activation):
      with(scale) { scale in
        with(shift) {
          worker.kernels.scalePlanes(
            x, scale: scale, shift: $0, pixels: pixels, activation: activation, into: y)
        }
      }
    case .slopes(let slopes):
      slopes.withUnsafeBufferPointer {
        worker.kernels.rectifyPlanes(x, slopes: $0.part(lanes(0)), pixels: pixels, into: y)
      }
    }
  }
}

/// Elements of a plain value into blocks, or back.
struct Reorder: Kernel {
  let target: Layout
  let batch: Int
  let channels: Int
  let pixels: Int

  private var blocks: Int { Blocked.blocks(channels) }

  var name: String { target == .blocked ? "into blocks" : "out of blocks" }
  var additionChain: Int { 0 }
  var taskCount: Int { batch * blocks }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let (image, block) = (task / blocks, task % blocks)
    let channelRange = 16 * block..<min(16 * (block + 1), channels)
    let first = image * channels
    let plain =
      (first + channelRange.lowerBound) * pixels..<(first + channelRange.upperBound)
      * pixels
    switch target {
    case .blocked:
      worker.kernels.block(
        values.inputs[0].part(plain), channels: channelRange.count, pixels: pixels,
        into: values.outputs[0].part(task, of: 16 * pixels))
    case .plain:
      worker.kernels.unblock(
        values.inputs[0].part(task, of: 16 * pixels), channels: channelRange.count,
        pixels: pixels, into: values.outputs[0].part(plain))
    }
  }
}

/// Channels of several values in blocks one after the other, or of one value apart, or with zeros
/// around: each image's channels moved to other lanes.
struct ChannelCopy: Kernel {
  /// Channels of an input that go to an output.
  struct Move: Sendable {
    let input: Int
    let output: Int
    let channels: Range<Int>  // of the input
    let first: Int  // of the output
  }

  let name: String
  let moves: [Move]
  let batch: Int
  let pixels: Int

  var additionChain: Int { 0 }
  var taskCount: Int { batch }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    // Lanes that nothing is moved to hold zeros.
    let outputs = values.outputs.map { $0.part(task, of: $0.count / batch) }
    for output in outputs { output.update(repeating: 0) }
    for move in moves {
      let input = values.inputs[move.input]
      worker.kernels.copyChannels(
        input.part(task, of: input.count / batch), move.channels, pixels: pixels,
        into: outputs[move.output], from: move.first)
    }
  }
}
