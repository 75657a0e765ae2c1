import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import Reference

/// The oracle adds several channels and pixels at a time; each sum stays what it is.
@Suite("Convolutions of the oracle")
struct OracleConvolutionTests {
  /// A convolution of squares: the image, the channels, the kernel and how it moves.
  struct Case: Sendable, CustomTestStringConvertible {
    var channels = 1
    var outputs = 4
    var side = 1
    var kernel = 1
    var stride = 1
    var padding = 0
    var dilation = 1

    var testDescription: String {
      "\(outputs)×\(channels)×\(kernel)² on \(side)², stride \(stride), padding \(padding), "
        + "dilation \(dilation)"
    }

    /// Its sums, with weights in the kernel's order.
    func sums(_ weights: [Double]) -> PlaneSums {
      let extent = (side + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
      let layer = Layer.Convolution(
        kernel: Tensor([outputs, channels, kernel, kernel], weights), stride: Extent(stride),
        padding: Padding(vertical: padding, horizontal: padding), dilation: Extent(dilation))
      return PlaneSums(
        layer, from: [1, channels, side, side], to: [1, outputs, extent, extent])
    }
  }

  static let cases = [
    Case(), Case(channels: 3, outputs: 5, side: 9, kernel: 1),
    Case(channels: 7, outputs: 9, side: 7, kernel: 3, padding: 1),
    Case(channels: 2, outputs: 4, side: 23, kernel: 7, stride: 2, padding: 3),
    Case(channels: 200, outputs: 6, side: 8, kernel: 1),
    Case(channels: 30, outputs: 7, side: 12, kernel: 3, stride: 2, padding: 1),
    Case(channels: 4, outputs: 11, side: 19, kernel: 3, padding: 2, dilation: 2),
    Case(channels: 1, outputs: 1, side: 5, kernel: 5, padding: 4),
    Case(channels: 2, outputs: 3, side: 2, kernel: 2, stride: 3, padding: 2),
  ]

  @Test(arguments: cases)
  func `a tile has the bits of plane after plane, and leaves other pixels alone`(_ work: Case) {
    var random = SeededGenerator(seed: 4)
    func numbers(_ count: Int) -> [Double] {
      (0..<count).map { _ in Double.random(in: -1...1, using: &random) }
    }
    let taps = work.kernel * work.kernel
    let weights = numbers(work.outputs * work.channels * taps)
    let sums = work.sums(weights)
    let (plane, area) = (sums.inputCount, sums.outputCount)
    let x = numbers(work.channels * plane)
    let before = numbers(work.outputs * area)
    var (planes, tiles) = (before, before)
    for o in 0..<work.outputs {
      for c in 0..<work.channels {
        x[c * plane..<(c + 1) * plane].withUnsafeBufferPointer { x in
          weights[(o * work.channels + c) * taps..<(o * work.channels + c + 1) * taps]
            .withUnsafeBufferPointer { weights in
              planes[o * area..<(o + 1) * area].withUnsafeMutableBufferPointer { y in
                sums.addPlane(y, x, weights: weights)
              }
            }
        }
      }
    }
    // The last pixels are left as they were.
    let end = max(area - 1, 1)
    for first in stride(from: 0, to: end, by: 13) {
      tiles.withUnsafeMutableBufferPointer { y in
        x.withUnsafeBufferPointer { x in
          weights.withUnsafeBufferPointer { weights in
            sums.addTile(y, first..<min(first + 13, end), x, weights: weights)
          }
        }
      }
    }
    for o in 0..<work.outputs {
      for pixel in 0..<area {
        let expected = pixel < end ? planes[o * area + pixel] : before[o * area + pixel]
        #expect(tiles[o * area + pixel].bitPattern == expected.bitPattern)
      }
    }
  }

  /// The outputs for an image of ones, 3×3, padding 1.
  private func outputs(_ kernel: Tensor, bias: Tensor? = nil, image: Float = 1) throws -> [Double] {
    let layer = Layer.Convolution(
      kernel: kernel, bias: bias, padding: Padding(vertical: 1, horizontal: 1))
    let x = OracleValue(
      shape: [1, 1, 3, 3], elements: [Double](repeating: Double(image), count: 9))
    return try Oracle.evaluate(Node("y", .convolution(layer), inputs: ["x"]), [x])[0].elements
  }

  @Test(arguments: [1, 4, 9])
  func `a tap in the padding counts nothing, even if its weight is infinite`(
    _ channels: Int
  ) throws {
    var weights = [Float](repeating: 1, count: 9)
    weights[0] = .infinity
    let kernel = Tensor(
      [channels, 1, 3, 3], (0..<channels).flatMap { _ in weights })
    let y = try outputs(kernel)
    #expect(y.prefix(5) == [4, 6, 4, 6, .infinity])
    #expect(y.allSatisfy { !$0.isNaN })
  }

  @Test(arguments: [1, 4, 9])
  func `a bias of -0 stays where all products are -0, whatever lies in the padding`(
    _ channels: Int
  ) throws {
    let weights: [Float] = [1, -1, -1, -1, -1, -1, -1, -1, -1]
    let kernel = Tensor([channels, 1, 3, 3], (0..<channels).flatMap { _ in weights })
    let bias = Tensor([channels], [Float](repeating: -0.0, count: channels))
    let y = try outputs(kernel, bias: bias, image: 0)
    #expect(y[0].sign == .minus && y[4].sign == .plus)
  }

  @Test(arguments: [1, 2, 4])
  func `groups see their own channels only`(_ groups: Int) throws {
    var random = SeededGenerator(seed: 8)
    let kernel = random.integers([16, 8 / groups, 3, 3])
    let image = random.integers([2, 8, 11, 10])
    let layer = Layer.Convolution(
      kernel: kernel, padding: Padding(vertical: 1, horizontal: 0), groups: groups)
    let x = OracleValue(shape: image.shape, elements: image.doubles)
    let y = try Oracle.evaluate(Node("y", .convolution(layer), inputs: ["x"]), [x])[0]
    #expect(y.shape == [2, 16, 11, 8])
    var index = 0
    for image in 0..<2 {
      for o in 0..<16 {
        for i in 0..<11 {
          for j in 0..<8 {
            var sum = 0.0
            for c in 0..<8 / groups {
              for k in 0..<3 where (0..<11).contains(i + k - 1) {
                for l in 0..<3 {
                  let channel = o / (16 / groups) * (8 / groups) + c
                  sum +=
                    x.elements[((image * 8 + channel) * 11 + i + k - 1) * 10 + j + l]
                    * Double(kernel.floats[((o * (8 / groups) + c) * 3 + k) * 3 + l])
                }
              }
            }
            #expect(y.elements[index] == sum)
            index += 1
          }
        }
      }
    }
  }
}
