internal import Kernels

/// Winograd's convolution F(tile × tile, 3 × 3) of a batch, in one step or in three.
struct WinogradProblem: Sendable {
  let geometry: ConvolutionGeometry
  let tile: Int
  let batch: Int
  let kernels: BlockedKernels

  var tiles: Int { batch * kernels.tileCount(of: geometry, tile: tile) }
  var name: String { "winograd \(tile)×\(tile), panels of \(kernels.widestPanel)" }
  var packedCount: Int { kernels.winogradPackedCount(of: geometry, tile: tile) }
  /// Floats of the transformed tiles.
  var inputCount: Int { kernels.winogradInputCount(of: geometry, tile: tile, tiles: tiles) }
  /// Floats of the products of the tiles.
  var outputCount: Int { kernels.winogradOutputCount(of: geometry, tile: tile, tiles: tiles) }

  func pack(
    _ weights: LayerWeights, into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer
  ) {
    weights.pack(into: memory, panels: kernels.panelCount(of: geometry), with: packer) {
      packer.kernels.packWinograd($0, factors: $1, geometry, tile: tile, panels: $2, into: $3)
    }
  }
}

/// All of it, tasks cut along the tiles: each reads all weights.
struct WinogradConvolution: Kernel {
  let problem: WinogradProblem
  let weights: LayerWeights
  let hasResidual: Bool
  let activation: Activation
  let taskCount: Int

  var name: String { problem.name }
  var additionChain: Int { problem.geometry.inputChannels }
  var winogradTile: Int? { problem.tile }
  var weightCount: Int { weights.biasCount + problem.packedCount }
  var scratchCount: Int {
    problem.kernels.winogradScratchCount(
      of: problem.geometry, tile: problem.tile,
      tiles: (problem.tiles + taskCount - 1) / taskCount)
  }

  func pack(into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer) {
    problem.pack(weights, into: memory, with: packer)
  }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let epilogue = Epilogue(
      bias: weights.bias(in: values.weights), residual: hasResidual ? values.inputs.last : nil,
      activation: activation)
    worker.kernels.convolveWinograd(
      values.inputs[0], with: values.weights.part(weights.biasCount..<values.weights.count),
      problem.geometry, epilogue, tile: problem.tile, tiles: even(problem.tiles, taskCount, task),
      scratch: worker.scratch, into: values.outputs[0])
  }
}

/// The first of three steps: tiles transformed, tasks cut along the blocks of channels.
struct WinogradInput: Kernel {
  let problem: WinogradProblem
  let taskCount: Int

  var name: String { "\(problem.name): input" }
  var additionChain: Int { problem.geometry.inputChannels }
  var winogradTile: Int? { problem.tile }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let blocks = even(Blocked.blocks(problem.geometry.inputChannels), taskCount, task)
    worker.kernels.transformInput(
      values.inputs[0], problem.geometry, tile: problem.tile, tiles: 0..<problem.tiles,
      blocks: blocks, into: values.outputs[0])
  }
}

/// The second: products, tasks cut along the panels, so that each reads its own weights.
struct WinogradMultiplication: Kernel {
  let problem: WinogradProblem
  let weights: LayerWeights
  let taskCount: Int

  var name: String { "\(problem.name): products" }
  var additionChain: Int { problem.geometry.inputChannels }
  var winogradTile: Int? { problem.tile }
  var weightCount: Int { problem.packedCount }

  func pack(into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer) {
    problem.pack(weights, into: memory, with: packer)
  }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let panels = even(worker.kernels.panelCount(of: problem.geometry), taskCount, task)
    worker.kernels.multiplyTiles(
      values.inputs[0], with: values.weights, problem.geometry, tile: problem.tile,
      tiles: 0..<problem.tiles, panels: panels, into: values.outputs[0])
  }
}

/// The third: products transformed back, bias, residual and rectifier applied.
struct WinogradOutput: Kernel {
  let problem: WinogradProblem
  /// Only the bias.
  let bias: LayerWeights
  let hasResidual: Bool
  let activation: Activation
  let taskCount: Int

  var name: String { "\(problem.name): output" }
  var additionChain: Int { problem.geometry.inputChannels }
  var winogradTile: Int? { problem.tile }
  var weightCount: Int { bias.biasCount }

  func pack(into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer) {
    for (index, element) in (bias.bias ?? []).enumerated() { memory[index] = element }
  }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let epilogue = Epilogue(
      bias: bias.bias(in: values.weights), residual: hasResidual ? values.inputs.last : nil,
      activation: activation)
    let blocks = even(Blocked.blocks(problem.geometry.outputChannels), taskCount, task)
    worker.kernels.transformOutput(
      values.inputs[0], problem.geometry, epilogue, tile: problem.tile, tiles: 0..<problem.tiles,
      blocks: blocks, into: values.outputs[0])
  }
}
