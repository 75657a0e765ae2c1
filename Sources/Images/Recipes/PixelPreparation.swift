internal import Files
internal import ModelGraph
internal import TensorCore

/// Pixels as a network reads them: channels in its order, means taken off, scaled.
struct PixelPreparation {
  private let channelCount: Int
  /// Which of red, green and blue each channel is.
  private let sources: [Int]
  private let scales: [Double]
  private let mean: Mean

  private enum Mean {
    case channels([Double])
    /// A number for each pixel of a part, wherever it was cut out, or of the whole image.
    case image([Double], Extent, movesWithPart: Bool)
  }

  /// What is done to pixels.
  ///
  /// - Parameters:
  ///   - image: the extent of the resized image.
  ///   - part: that of the parts that are cut out; nil where the whole is looked at, whatever its
  ///     extent: of a mean image its channels' means are taken.
  /// - Throws: `FormatError` of kind `usage` where a recipe is for other channels or extents.
  init(
    _ recipe: Preprocessing, channelCount: Int, image: Extent, part: Extent?
  ) throws(FormatError) {
    self.channelCount = channelCount
    sources =
      channelCount == 1 ? [0] : recipe.channelOrder == .bgr ? [2, 1, 0] : [0, 1, 2]
    func perChannel(_ numbers: [Double], _ what: String) throws(FormatError) -> [Double] {
      guard numbers.count == 1 || numbers.count == channelCount else {
        throw FormatError(
          .usage,
          "the recipe has \(numbers.count) \(what), the network reads \(channelCount) channels")
      }
      return numbers.count == channelCount
        ? numbers : Array(repeating: numbers[0], count: channelCount)
    }
    scales = try perChannel(recipe.scales, "scales")
    switch recipe.mean {
    case nil: mean = .channels(Array(repeating: 0, count: channelCount))
    case .channels(let means): mean = .channels(try perChannel(means, "means"))
    case .image(let means):
      guard means.shape.rank == 3, means.shape[0] == channelCount else {
        throw FormatError(
          .usage, "the mean image is \(means.shape), the network reads \(channelCount) channels")
      }
      let size = Extent(height: means.shape[1], width: means.shape[2])
      let numbers = means.doubles
      if let part, size == part || size == image {
        mean = .image(numbers, size, movesWithPart: size == part)
      } else if part == nil {
        let count = size.height * size.width
        mean = .channels(
          (0..<channelCount).map { channel in
            numbers[channel * count..<(channel + 1) * count].reduce(0, +) / Double(max(count, 1))
          })
      } else {
        throw FormatError(
          .usage,
          "the mean image is \(size.text), the image is resized to \(image.text): name the fit and "
            + "side that the network was trained with")
      }
    }
    self.part = part ?? image
  }

  private let part: Extent

  /// `[parts, channels, height, width]`
  func tensor(of image: PixelNumbers, _ parts: [Crop]) -> Tensor {
    let (height, width) = (part.height, part.width)
    return Tensor(Shape([parts.count, channelCount, height, width])) { output in
      var index = 0
      for crop in parts {
        for channel in 0..<channelCount {
          for y in 0..<height {
            for x in 0..<width {
              // A mean image is mirrored with its image: Caffe takes it off before.
              let column = crop.isMirrored ? width - 1 - x : x
              let place = (crop.row + y) * image.size.width + crop.column + column
              let pixel = Double(image.samples[3 * place + sources[channel]])
              let mean = mean(channel, y, column, crop)
              output[index] = Float((pixel - mean) * scales[channel])
              index += 1
            }
          }
        }
      }
    }
  }

  private func mean(_ channel: Int, _ y: Int, _ x: Int, _ crop: Crop) -> Double {
    switch mean {
    case .channels(let means): return means[channel]
    case .image(let numbers, let size, let movesWithPart):
      let (row, column) = movesWithPart ? (y, x) : (crop.row + y, crop.column + x)
      return numbers[(channel * size.height + row) * size.width + column]
    }
  }
}
