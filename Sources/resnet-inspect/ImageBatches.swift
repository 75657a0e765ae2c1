import ResNetKit
import ToolSupport

/// The images that a network is shown, some at a time, wherever they come from.
struct ImageBatches {
  /// How many there are.
  let count: Int
  /// What they are, in words.
  let description: String
  /// How many make a batch.
  let batchSize: Int
  /// Gives some of them: a tensor for each input of the network.
  let images: (Range<Int>) throws -> [String: Tensor]

  /// The numbers of the images of a batch; enough to keep threads busy, few enough for the caches.
  private static let batchElements = 150_528  // 3 × 224 × 224

  /// Images of noise.
  static func random(_ count: Int, seed: UInt64, for model: Model, _ batch: Int?, shape: Shape?)
    -> ImageBatches
  {
    let images = RandomImages(for: model, shape: shape, seed: seed)
    return ImageBatches(
      count: count, description: "\(count) images of \(images.description), seed \(seed)",
      batchSize: batch ?? size(for: images.batch(0..<1).mapValues(\.shape)), images: images.batch)
  }

  /// The images of arrays, one for each input.
  ///
  /// - Throws: `FormatError` for arrays of different numbers of images.
  static func arrays(
    _ arrays: [String: Tensor], from path: String, _ batch: Int?
  ) throws -> ImageBatches {
    let counts = Set(arrays.values.map { $0.shape.rank > 0 ? $0.shape[0] : 1 })
    guard counts.count == 1, let count = counts.first, count > 0 else {
      throw FormatError(
        file: path, "expected as many images for each input, found \(counts.sorted())")
    }
    let size = batch ?? size(for: arrays.mapValues { $0.shape.replacing(0, by: 1) })
    return ImageBatches(
      count: count, description: "\(count) images of \(path)", batchSize: size
    ) { range in arrays.mapValues { $0.images(range) } }
  }

  private static func size(for shapes: [String: Shape]) -> Int {
    let elements = shapes.values.reduce(0) { $0 + $1.elementCount }
    return min(max(batchElements / max(elements, 1), 1), 64)
  }

  /// Gives all batches in order, with progress.
  func forEach(_ body: ([String: Tensor]) throws -> Void) throws {
    let progress = ProgressCount(.things("images"))
    for start in stride(from: 0, to: count, by: batchSize) {
      progress.report(start, of: count)
      try body(images(start..<min(start + batchSize, count)))
    }
    Progress.clear()
  }
}

extension Tensor {
  /// Some of the images of a batch; they share its memory.
  fileprivate func images(_ range: Range<Int>) -> Tensor {
    let byteCount = self.byteCount / shape[0]
    let bytes = elements.made().slice(
      from: range.lowerBound * byteCount, count: range.count * byteCount)!  // within the batch
    return Tensor(
      shape: shape.replacing(0, by: range.count), elementType: elementType, bytes: bytes)!
  }
}
