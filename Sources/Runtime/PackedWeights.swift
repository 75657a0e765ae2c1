internal import Kernels
internal import ModelGraph
internal import Synchronization

/// The weights of a plan as its kernels read them: in the order of the steps, in one piece.
///
/// Packed by the first context that needs them, shared by all, and by plans for other batches.
final class PackedWeights: Sendable {
  private let memory = Mutex<Arena?>(nil)
  /// Where the weights of each step begin, in bytes.
  let offsets: [Int]
  /// All bytes.
  let byteCount: Int
  /// What each step packs: plans that agree share.
  private let contents: [String]

  init(_ steps: [Step]) {
    var end = 0
    offsets = steps.map { step in
      defer { end += (step.weightByteCount + 63) / 64 * 64 }
      return end
    }
    byteCount = end
    contents = steps.map { "\($0.name): \($0.kernelName), \($0.weightByteCount)" }
  }

  /// Whether the same steps of the same network pack the same.
  func agrees(with other: PackedWeights) -> Bool { contents == other.contents }

  /// Whether nobody has packed them yet.
  var isMissing: Bool { memory.withLock { $0 == nil } }

  /// The memory that holds them.
  ///
  /// - Throws: `NetworkError` where the system has not so much.
  func packed(_ steps: [Step], with packer: Packer) throws(NetworkError) -> Arena {
    let result = memory.withLock { memory -> Arena? in
      if let memory { return memory }
      guard let arena = Arena(byteCount: byteCount) else { return nil }
      for (step, offset) in zip(steps, offsets) where step.weightByteCount > 0 {
        step.kernel.pack(
          into: arena.floats(at: offset, count: step.kernel.weightCount), with: packer)
      }
      memory = arena
      return arena
    }
    guard let result else {
      throw NetworkError("needs \(byteCount) bytes of memory for weights", kind: .outOfMemory)
    }
    return result
  }
}
