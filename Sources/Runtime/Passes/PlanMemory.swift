internal import ModelGraph

/// Gives each value a place in one arena, so that values that live at the same time never overlap.
///
/// A value lives from the step that makes it to the last that reads it. Where an input dies in a
/// step that may overwrite it, the output takes its place: both are one block. Blocks are placed
/// from the largest to the smallest, each into the tightest gap that its lifetime leaves.
struct PlanMemory {
  /// Where each value begins, in bytes; a multiple of 64. Views are not listed.
  private(set) var offsets: [PlanValue: Int] = [:]
  /// The bytes that all values together need.
  private(set) var byteCount = 0

  /// A piece of memory and when it is in use.
  private struct Block {
    let byteCount: Int
    var lifetime: ClosedRange<Int>  // of steps; −1 is before the first
    var values: [PlanValue]
  }

  /// Places the values of `steps`.
  ///
  /// - Parameters:
  ///   - inputs: the values that the caller provides.
  ///   - root: the value whose memory holds a value.
  /// - Throws: `NetworkError` where the values together are too large to address.
  init(
    steps: [Step], inputs: [PlanValue], root: (PlanValue) -> PlanValue
  ) throws(NetworkError) {
    var lastRead: [PlanValue: Int] = [:]
    for (index, step) in steps.enumerated() {
      for value in step.inputs { lastRead[root(value)] = index }
    }
    var blocks: [Block] = []
    var blockOf: [PlanValue: Int] = [:]
    func add(_ value: PlanValue, madeIn step: Int) throws(NetworkError) {
      blockOf[value] = blocks.count
      blocks.append(
        Block(
          byteCount: try Self.byteCount(of: value),
          lifetime: step...max(step, lastRead[value] ?? step), values: [value]))
    }
    for input in inputs { try add(input, madeIn: -1) }
    for (index, step) in steps.enumerated() {
      for value in step.outputs {
        let heir = step.overwritableValues(root).first {
          $0.type.byteCount == value.type.byteCount && lastRead[$0] == index
        }
        guard let heir, let block = blockOf[heir] else {
          try add(value, madeIn: index)
          continue
        }
        let end = max(index, lastRead[value] ?? index)
        blocks[block].lifetime = blocks[block].lifetime.lowerBound...end
        blocks[block].values.append(value)
        blockOf[value] = block
      }
    }
    try place(blocks)
  }

  private mutating func place(_ blocks: [Block]) throws(NetworkError) {
    var placed: [(offset: Int, block: Block)] = []  // by rising offset
    // The index breaks ties: the same network always gets the same plan.
    let order = blocks.indices.sorted {
      (blocks[$1].byteCount, $0) < (blocks[$0].byteCount, $1)
    }
    var sum = 0
    for index in order {
      let block = blocks[index]
      let (total, overflow) = sum.addingReportingOverflow(block.byteCount)
      guard !overflow else { throw Self.tooLarge(block.values[0].name) }
      sum = total  // no offset is beyond it
      let offset = Self.tightestGap(for: block, among: placed)
      let place = placed.firstIndex { $0.offset > offset } ?? placed.count
      placed.insert((offset, block), at: place)
      for value in block.values { offsets[value] = offset }
      byteCount = max(byteCount, offset + block.byteCount)
    }
  }

  private static func tightestGap(
    for block: Block, among placed: [(offset: Int, block: Block)]
  ) -> Int {
    var best: (offset: Int, size: Int)?
    var end = 0  // of what is in use so far
    for other in placed where other.block.lifetime.overlaps(block.lifetime) {
      let gap = other.offset - end
      if gap >= block.byteCount, gap < best?.size ?? Int.max { best = (end, gap) }
      end = max(end, other.offset + other.block.byteCount)
    }
    return best?.offset ?? end
  }

  /// The bytes of a value, rounded up to whole cache lines.
  private static func byteCount(of value: PlanValue) throws(NetworkError) -> Int {
    let (bytes, overflow) = value.type.storageCount.multipliedReportingOverflow(by: 4)
    guard !overflow, bytes <= Int.max - 63 else { throw tooLarge(value.name) }
    return (bytes + 63) / 64 * 64
  }

  private static func tooLarge(_ value: String) -> NetworkError {
    NetworkError(layer: value, "the values of the network are too large for memory")
  }
}

extension Step {
  /// The values whose memory the output may take: each of their readers here must allow it, for a
  /// convolution may have one value as image and as addend.
  fileprivate func overwritableValues(_ root: (PlanValue) -> PlanValue) -> [PlanValue] {
    let roots = inputs.map(root)
    let forbidden = Set(
      roots.indices.filter { !kernel.overwritableInputs.contains($0) }.map { roots[$0] })
    return kernel.overwritableInputs.map { roots[$0] }.filter { !forbidden.contains($0) }
  }
}
