public import Files
internal import ModelGraph
public import TensorCore

extension ImageRecipe {
  /// Larger than any image that a network reads, and small enough for its numbers.
  private static let pixelLimit = 1 << 25

  /// What a network reads of an image.
  ///
  /// - Parameter crops: how many parts of it; a warped image has one only.
  /// - Returns: `[crops, channels, height, width]`, float32.
  /// - Throws: `FormatError` without a file: of kind `usage` where the recipe does not fit the
  ///   network.
  public func tensor(
    of image: DecodedImage, for input: ImageInput, crops: CropCount = .one
  ) throws(FormatError) -> Tensor {
    let whole = try resized(image, for: input)
    guard whole.size.height >= input.size.height, whole.size.width >= input.size.width else {
      throw FormatError(
        .usage, "an image resized to \(whole.size.text) has no part of \(input.size.text)")
    }
    let parts = crops.crops(
      of: whole.size, input.size, roundsMiddleToEven: roundsMiddleToEven)
    let pixels = try PixelPreparation(
      preprocessing, channelCount: input.channelCount, image: whole.size, part: input.size)
    return pixels.tensor(of: whole, parts)
  }

  /// The whole of an image whose shorter side has an extent of its own, for a network that slides
  /// over it.
  ///
  /// - Returns: `[1, channels, height, width]`, float32.
  /// - Throws: `FormatError` as `tensor(of:for:crops:)` does.
  public func tensor(
    of image: DecodedImage, for input: ImageInput, shortSide: Int
  ) throws(FormatError) -> Tensor {
    let source = upright(image)
    let whole = try resize(
      source, to: Self.size(of: source.size, shortSide: shortSide), isGrey: input.channelCount == 1)
    let pixels = try PixelPreparation(
      preprocessing, channelCount: input.channelCount, image: whole.size, part: nil)
    return pixels.tensor(of: whole, [Crop(row: 0, column: 0)])
  }

  private func upright(_ image: DecodedImage) -> PixelBytes {
    guard appliesOrientation, let orientation = image.orientation else { return image.pixels }
    return image.pixels.upright(from: orientation)
  }

  private func resized(
    _ image: DecodedImage, for input: ImageInput
  ) throws(FormatError) -> PixelNumbers {
    let source = upright(image)
    let size: Extent =
      switch fit {
      case .warp: input.size
      case .crop:
        Self.size(
          of: source.size, shortSide: side(for: max(input.size.height, input.size.width)))
      case .warpCrop:
        Extent(height: side(for: input.size.height), width: side(for: input.size.width))
      }
    return try resize(source, to: size, isGrey: input.channelCount == 1)
  }

  /// The longer side is cut to a whole number, as torchvision does.
  private static func size(of image: Extent, shortSide: Int) -> Extent {
    image.width <= image.height
      ? Extent(height: shortSide * image.height / image.width, width: shortSide)
      : Extent(height: shortSide, width: shortSide * image.width / image.height)
  }

  private func resize(
    _ image: PixelBytes, to size: Extent, isGrey: Bool
  ) throws(FormatError) -> PixelNumbers {
    guard size.height <= Self.pixelLimit / size.width else {
      throw FormatError(
        .refused,
        "an image of \(image.size.text) would be resized to \(size.text), more than "
          + "\(Self.pixelLimit) pixels")
    }
    return resizer.resize(isGrey ? image.grey : image, to: size)
  }
}

extension PixelBytes {
  /// The same without colour: 0.299 red, 0.587 green and 0.114 blue, in the 16 bits of Pillow's
  /// conversion to `L`.
  var grey: PixelBytes {
    let levels = Bytes(count: samples.count) { target in
      samples.withUnsafeBytes { source in
        for i in stride(from: 0, to: source.count, by: 3) {
          let sum =
            UInt32(source[i]) * 19595 + UInt32(source[i + 1]) * 38470 + UInt32(source[i + 2]) * 7471
          let level = UInt8((sum + 0x8000) >> 16)
          (target[i], target[i + 1], target[i + 2]) = (level, level, level)
        }
      }
    }
    return PixelBytes(size: size, samples: levels)
  }
}
