internal import Files
internal import ModelGraph
internal import TensorCore

// Constants joined and cut.
extension GraphReader {
  mutating func joined(_ parts: [Constant]) throws(FormatError) -> Constant? {
    let rank = parts[0].shape.rank
    guard rank > 0, parts.allSatisfy({ $0.shape.rank == rank }) else { return nil }
    let axis = try axis(try attributes.int("axis") ?? 1, of: rank)
    var extents = parts[0].shape.dimensions
    extents[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    guard
      parts.allSatisfy({ $0.shape.replacing(axis, by: 0) == parts[0].shape.replacing(axis, by: 0) })
    else { return nil }
    let whole = try shape(extents)
    func join<Element>(_ lists: [[Element]]) -> [Element] {
      var result: [Element] = []
      for outer in 0..<whole.elementCount(before: axis) {
        for (part, list) in zip(parts, lists) {
          let run = part.shape.elementCount(from: axis)
          result += list[outer * run..<(outer + 1) * run]
        }
      }
      return result
    }
    let integers = parts.compactMap(\.integers)
    if integers.count == parts.count { return Constant(.integers(join(integers)), whole) }
    let tensors = parts.compactMap(\.tensor)
    guard tensors.count == parts.count else { return nil }
    return Constant(computed: .exact(whole, join(tensors.map(\.doubles))))
  }

  mutating func sliced(
    _ whole: Constant, _ inputs: [Constant?]
  ) throws(FormatError) -> Constant? {
    func list(_ name: String, _ input: Int) throws(FormatError) -> [Int]? {
      if let list = try attributes.ints(name) { return list }
      return input < inputs.count ? inputs[input]?.integers : nil
    }
    guard let starts = try list("starts", 1), let ends = try list("ends", 2) else { return nil }
    let axes = try axes(try list("axes", 3) ?? Array(starts.indices), of: whole.shape.rank)
    let steps = try list("steps", 4) ?? axes.map { _ in 1 }
    guard [starts.count, ends.count, steps.count].allSatisfy({ $0 == axes.count }) else {
      return nil
    }
    var result = whole
    for (index, axis) in axes.enumerated() {
      let extent = result.shape[axis]
      // A longer step takes no more elements; an end of the integers must not be passed.
      let step = min(max(steps[index], -extent - 1), extent + 1)
      guard step != 0 else { return nil }
      func place(_ index: Int, _ low: Int, _ high: Int) -> Int {
        let shifted = index < 0 ? max(index, -extent - 1) + extent : index
        return min(max(shifted, low), high)
      }
      let picked =
        step > 0
        ? Array(
          stride(from: place(starts[index], 0, extent), to: place(ends[index], 0, extent), by: step)
        )
        : Array(
          stride(
            from: place(starts[index], -1, extent - 1),
            to: ends[index] < -extent ? -1 : place(ends[index], -1, extent - 1), by: step))
      guard let part = picking(picked, of: result, axis) else { return nil }
      result = part
    }
    return result
  }

  mutating func gathered(
    _ whole: Constant, _ places: Constant?
  ) throws(FormatError) -> Constant? {
    let axis = try axis(try attributes.int("axis") ?? 0, of: max(whole.shape.rank, 1))
    guard let places, let list = places.integers, whole.shape.rank > 0 else { return nil }
    let extent = whole.shape[axis]
    guard list.allSatisfy({ (-extent..<extent).contains($0) }) else {
      throw node.fault("expected places below \(extent), found \(list.prefix(9))")
    }
    guard let picked = picking(list.map { $0 < 0 ? $0 + extent : $0 }, of: whole, axis) else {
      return nil
    }
    let extents = whole.shape.dimensions
    return picked.reshaped(
      to: try shape(extents[..<axis] + places.shape.dimensions + extents[(axis + 1)...]))
  }

  /// Some of the elements along an axis.
  private func picking(_ places: [Int], of whole: Constant, _ axis: Int) -> Constant? {
    let shape = whole.shape.replacing(axis, by: places.count)
    let (extent, inner) = (whole.shape[axis], whole.shape.elementCount(from: axis + 1))
    func pick<Element>(_ list: [Element]) -> [Element] {
      var result: [Element] = []
      for outer in 0..<whole.shape.elementCount(before: axis) {
        for place in places {
          let start = (outer * extent + place) * inner
          result += list[start..<start + inner]
        }
      }
      return result
    }
    switch whole.elements {
    case .integers(let list): return Constant(.integers(pick(list)), shape)
    case .numbers(let tensor): return Constant(computed: .like(tensor, shape, pick(tensor.doubles)))
    case .other: return nil
    }
  }
}
