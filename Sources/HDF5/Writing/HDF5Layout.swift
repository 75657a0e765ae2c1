public import Files
public import TensorCore

/// An HDF5 file before it is written: what stands where.
///
/// Superblock, descriptions, texts, and then the elements of each dataset in one run. Any library
/// from HDF5 1.8 on reads it; the same draft gives the same bytes.
public struct HDF5Layout: Sendable {
  /// The runs of bytes of the file in their order; elements from where they come from.
  public private(set) var pieces: [Tensor.Elements] = []
  /// The length of the file.
  public private(set) var byteCount = 0
  /// The datasets in the order of the file.
  public private(set) var datasets: [PlacedDataset] = []

  /// A dataset and where its elements begin.
  public struct PlacedDataset: Sendable {
    /// The path from the root: `/layers/conv2d/vars/0`.
    public var path: String
    /// The elements.
    public var tensor: Tensor
    /// Where they begin in the file: a multiple of 64.
    public var byteOffset: Int
  }

  /// Elements begin at multiples of it: cache lines, and any vector of a processor.
  private static let elementAlignment = 64
}

extension HDF5Layout {
  /// Lays out a file.
  ///
  /// - Throws: `FormatError` for a name or an attribute that is too long or comes twice.
  public init(_ draft: HDF5Draft) throws(FormatError) {
    var plan = FilePlan()
    let root = try plan.place(draft.root, at: "/")
    let heap = TextHeap(plan.texts, address: plan.end)
    var end = plan.end + heap.bytes.count
    for index in plan.datasets.indices {
      end = end.rounded(to: Self.elementAlignment)
      plan.datasets[index].address = end
      end += plan.datasets[index].tensor.byteCount
    }

    let metadata = plan.metadata(root: root, heap: heap, endOfFile: end)
    add(.stored(Bytes(metadata)))
    for dataset in plan.datasets {
      add(.stored(Bytes([UInt8](repeating: 0, count: dataset.address - byteCount))))
      datasets.append(
        PlacedDataset(path: dataset.path, tensor: dataset.tensor, byteOffset: byteCount))
      add(dataset.tensor.elements)
    }
  }

  private mutating func add(_ piece: Tensor.Elements) {
    guard piece.byteCount > 0 else { return }
    pieces.append(piece)
    byteCount += piece.byteCount
  }
}

extension Int {
  /// The next multiple.
  func rounded(to alignment: Int) -> Int { (self + alignment - 1) / alignment * alignment }
}
