/// Who has which bytes of a file: no byte belongs to two.
struct FileMap {
  /// What a part of a file is.
  enum Part: String {
    case superblock = "a superblock"
    case header = "an object header"
    case localHeap = "a local heap"
    case names = "the names of a group"
    case symbols = "a symbol table node"
    case tree = "a B-tree node"
    case treeHeader = "a B-tree"
    case heap = "a fractal heap"
    case heapBlock = "a block of a fractal heap"
    case heapObject = "an object of a fractal heap"
    case globalHeap = "a global heap"
    case fixedArray = "a fixed array"
    case extensibleArray = "an extensible array"
    case chunk = "a chunk"
    case elements = "elements"
  }

  private struct Claim {
    var start: Int
    var end: Int
    var part: Part
    /// An index of `owners`.
    var owner: Int
  }

  private var claims: [Claim] = []
  /// Where all claims begin: whoever comes twice is refused at once, so no work is done twice.
  private var starts: Set<Int> = []
  private var owners: [String] = ["/"]

  /// The path of the object that the next claims are for.
  var owner: String {
    get { owners[owners.count - 1] }
    set { owners.append(newValue) }
  }

  /// Whether somebody's bytes begin at a place.
  func isClaimed(at start: Int) -> Bool { starts.contains(start) }

  /// The path of the object whose bytes begin at a place that is claimed.
  func owner(at start: Int) -> String { owners[claims.first { $0.start == start }!.owner] }

  /// Takes bytes for the current owner.
  ///
  /// - Throws: `Fault` for bytes whose begin somebody has already.
  mutating func claim(_ range: Range<Int>, _ part: Part) throws(Fault) {
    guard !range.isEmpty else { return }
    let claim = Claim(
      start: range.lowerBound, end: range.upperBound, part: part, owner: owners.count - 1)
    guard starts.insert(range.lowerBound).inserted else {
      throw overlap(claim, claims.first { $0.start == range.lowerBound }!)
    }
    claims.append(claim)
  }

  /// Takes all the room that a node has, used or not, as far as the file goes.
  mutating func claim(
    nodeAt start: Int, byteCount: Int, _ part: Part, in source: Source
  ) throws(Fault) {
    try claim(start..<min(start + byteCount, source.end), part)
  }

  /// Refuses a file where two parts share bytes.
  func check() throws(Fault) {
    let sorted = claims.sorted { $0.start < $1.start }
    for (before, after) in zip(sorted, sorted.dropFirst()) where after.start < before.end {
      throw overlap(after, before)
    }
    try requireNoStray(in: sorted)
  }

  /// Refuses elements that lie alone amid bytes of nobody, where the one hole between the elements of
  /// others is exactly theirs: their address is damaged.
  ///
  /// A library lays elements side by side, or aligns all of them: then there are more holes, or the
  /// one is that before or behind them.
  private func requireNoStray(in sorted: [Claim]) throws(Fault) {
    var holes: [Claim] = []  // each as if it belonged to the one behind it
    var strays: [Claim] = []
    for (index, claim) in sorted.enumerated() where claim.part == .elements && index > 0 {
      let before = sorted[index - 1]
      guard claim.start > before.end else { continue }
      let isAlone = index + 1 < sorted.count && claim.end < sorted[index + 1].start
      if isAlone {
        strays.append(claim)
      } else if before.part == .elements {
        holes.append(
          Claim(start: before.end, end: claim.start, part: .elements, owner: claim.owner))
      }
    }
    guard let stray = strays.first, let hole = holes.first, strays.count == 1, holes.count == 1,
      hole.end - hole.start == stray.end - stray.start, hole.start != stray.end,
      hole.end != stray.start
    else { return }
    throw Fault(
      .damaged, at: owners[stray.owner],
      "expected its elements at byte \(hole.start), where as many bytes between those of others are "
        + "nobody's, found byte \(stray.start), amid bytes of nobody")
  }

  private func overlap(_ claim: Claim, _ other: Claim) -> Fault {
    Fault(
      .damaged, at: owners[claim.owner],
      "expected a place of its own for \(claim.part.rawValue) at byte \(claim.start), found "
        + "\(other.part.rawValue) of \(owners[other.owner]) from byte \(other.start) to "
        + "\(other.end - 1)")
  }
}
