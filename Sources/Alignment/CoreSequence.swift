internal import ModelGraph
internal import TensorCore

/// The longest sequence of layers with kernels that two networks have in common, in their order:
/// what an aligner of texts does with lines.
enum CoreSequence {
  /// Pairs of cores whose kernels have the same shape; of all ways, that with the most bits, settings
  /// and names in common, and of these the earliest.
  static func common(_ first: CoreGraph, _ second: CoreGraph) -> [(a: Int, b: Int)] {
    let left = items(of: first)
    let right = items(of: second)
    guard left.count * right.count <= largestTable else { return [] }
    let width = right.count + 1
    // best[i · width + j]: the score of what follows the i-th on the left, the j-th on the right.
    var best = [Int](repeating: 0, count: (left.count + 1) * width)
    for i in left.indices.reversed() {
      for j in right.indices.reversed() {
        let skipped = max(best[(i + 1) * width + j], best[i * width + j + 1])
        let score = left[i].score(with: right[j])
        best[i * width + j] =
          score == 0 ? skipped : max(skipped, score + best[(i + 1) * width + j + 1])
      }
    }
    var pairs: [(a: Int, b: Int)] = []
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      let score = left[i].score(with: right[j])
      if score > 0, best[i * width + j] == score + best[(i + 1) * width + j + 1] {
        pairs.append((left[i].core, right[j].core))
        (i, j) = (i + 1, j + 1)
      } else if best[i * width + j] == best[i * width + j + 1] {
        j += 1
      } else {
        i += 1
      }
    }
    return pairs
  }

  /// 200 MB of scores; networks of thousands of layers each are left as they are.
  private static let largestTable = 25_000_000

  private struct Item {
    let core: Int
    let name: String
    let shape: Shape
    let stride: Extent?
    let hash: Int

    /// How much speaks for both being the same; 0 where they cannot be.
    func score(with other: Item) -> Int {
      guard shape == other.shape else { return 0 }
      return 8 + (hash == other.hash ? 16 : 0) + (stride == other.stride ? 2 : 0)
        + (name == other.name ? 1 : 0)
    }
  }

  private static func items(of graph: CoreGraph) -> [Item] {
    graph.cores.indices.compactMap { index in
      let core = graph.cores[index]
      guard let kernel = core.kernel else { return nil }
      var stride: Extent?
      if case .convolution(let layer) = core.node?.layer { stride = layer.stride }
      return Item(
        core: index, name: core.name, shape: kernel.shape, stride: stride,
        hash: kernel.isAbsent ? 0 : hash(of: kernel))
    }
  }

  private static func hash(of tensor: Tensor) -> Int {
    var hasher = Hasher()
    tensor.elements.made().withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }
}
