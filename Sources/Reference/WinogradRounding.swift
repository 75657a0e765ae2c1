public import ModelGraph
internal import TensorCore

/// How far a 3×3 convolution by Winograd's F(6×6, 3×3) in float32 is from the true one.
///
/// Each tile of 6×6 outputs comes from 8×8 inputs through transforms with the points
/// 0, ±1, ±2, ±1/2, ∞ (Lavin and Gray 2016), whose terms are up to 32 times larger than what is
/// left of them. With C input channels (of the group), `u = 2⁻²⁴`, and a tile's input elements x,
/// the standard deviation at row i and column j of the tile is
///
///     8 · √(C + 16) · u · p[i] · p[j] · √(Σ w² · mean(x²))        (sum over channels and taps)
///
/// The root at the end is the size of a result that does not cancel: the transforms mix the whole
/// tile, so the error follows what went into it, not what came out. The 16 stands for the roundings
/// of both transforms, C for those of the sum over the channels, and `p`, of mean square 1, for the
/// uneven rows of the last transform. All three are measured by a twin of the algorithm, the worst
/// of several kinds of images and kernels: `fixtures/winograd/measure.py`, whose output stands in
/// the README beside it. Direct convolution is off by `1.2 · √C · u`.
struct WinogradRounding: Sendable {
  static let outputSide = 6
  static let inputSide = 8
  static let profile = [1.472, 0.714, 0.569, 0.569, 0.714, 1.472]

  private let width: Int  // columns of the output
  private let columns: Int  // tiles beside each other
  private let tiles: Int  // of a channel
  private let sizes: [Double]  // [batch · outputChannels, tiles]

  /// Measures a layer's input and kernels; nil for a layer that is not computed in this way.
  init?(of layer: Layer, input x: OracleValue, output: Shape) {
    guard case .convolution(let layer) = layer, layer.allowsWinograd else { return nil }
    let (batch, outputs, depth) = (output[0], output[1], layer.kernel.shape[1])
    let rows = (output[2] + Self.outputSide - 1) / Self.outputSide
    let columns = (output[3] + Self.outputSide - 1) / Self.outputSide
    let tiles = rows * columns
    let weights = layer.kernel.doubles
    let kernelEnergies = (0..<outputs * depth).map { kernel in
      weights[kernel * 9..<kernel * 9 + 9].reduce(0) { $0 + $1 * $1 }
    }
    let (height, width) = (x.shape[2], x.shape[3])
    let energies = OracleLayers.make([batch * x.shape[1], tiles], parts: batch * x.shape[1]) {
      energy, channel in
      for tile in energy.indices {
        let top = tile / columns * Self.outputSide - layer.padding.top
        let left = tile % columns * Self.outputSide - layer.padding.left
        var sum = 0.0
        for row in max(top, 0)..<max(min(top + Self.inputSide, height), top, 0) {
          let start = (channel * height + row) * width
          for column in max(left, 0)..<max(min(left + Self.inputSide, width), left, 0) {
            let element = x.elements[start + column]
            if element.isFinite { sum += element * element }
          }
        }
        energy.initializeElement(at: tile, to: sum / Double(Self.inputSide * Self.inputSide))
      }
    }
    let scale = 8 * Double(depth + 16).squareRoot() * Perturbation.unitRoundoff
    sizes =
      OracleLayers.make([batch * outputs, tiles], parts: batch * outputs) { size, part in
        let (image, o) = part.quotientAndRemainder(dividingBy: outputs)
        let firstChannel = image * x.shape[1] + o / (outputs / layer.groups) * depth
        size.initialize(repeating: 0)
        for c in 0..<depth {
          let energy = kernelEnergies[o * depth + c]
          for tile in size.indices {
            size[tile] += energy * energies.elements[(firstChannel + c) * tiles + tile]
          }
        }
        for tile in size.indices { size[tile] = scale * size[tile].squareRoot() }
      }.elements
    self.width = output[3]
    self.columns = columns
    self.tiles = tiles
  }

  /// The standard deviation of an element, by its channel, counted over the batch, and its index
  /// within the channel.
  func deviation(_ channel: Int, _ index: Int) -> Double {
    let (row, column) = index.quotientAndRemainder(dividingBy: width)
    let (tileRow, i) = row.quotientAndRemainder(dividingBy: Self.outputSide)
    let (tileColumn, j) = column.quotientAndRemainder(dividingBy: Self.outputSide)
    return sizes[channel * tiles + tileRow * columns + tileColumn]
      * Self.profile[i] * Self.profile[j]
  }
}

extension Layer.Convolution {
  /// Whether engines compute it by Winograd's transform: kernels of 3×3, stride 1, no dilation.
  ///
  /// OpenCV does by default, grouped ones included, but not depthwise ones with pads of at most 1
  /// (dnn/src/layers/cpu_kernels/convolution.cpp, 4.10); ncnn does without groups.
  var allowsWinograd: Bool {
    let isDepthwise = groups > 1 && kernel.shape[1] == 1 && kernel.shape[0] == groups
    return kernel.shape.dimensions.suffix(2) == [3, 3] && stride == Extent(1)
      && dilation == Extent(1) && !(isDepthwise && padding.top <= 1 && padding.left <= 1)
  }
}

extension Network {
  /// The values that an engine which uses Winograd's transform computes less exactly: those of such
  /// convolutions, and all that is made of them.
  public var valuesBelowWinograd: Set<String> {
    var values: Set<String> = []
    for node in nodes {
      var isBelow = !values.isDisjoint(with: node.inputs)
      if case .convolution(let layer) = node.layer, layer.allowsWinograd { isBelow = true }
      if isBelow { values.formUnion(node.outputs) }
    }
    return values
  }
}
