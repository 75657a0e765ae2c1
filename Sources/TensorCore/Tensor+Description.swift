extension Tensor: CustomStringConvertible {
  /// As many elements as are shown.
  private static let shownCount = 6

  /// Type, shape and the first elements, if there are any to be had:
  /// `float32 [2, 4]: 0.5, -1.0, 3.0, 0.0, 0.25, 1.0, …`.
  public var description: String {
    let head = "\(elementType) \(shape)"
    let count = min(shape.elementCount, Self.shownCount)
    guard count > 0, !isAbsent,
      let first = elements.made().slice(from: 0, count: count * elementType.byteCount),
      let part = Tensor(shape: [count], elementType: elementType, bytes: first)
    else { return head }
    // In their own precision: float32's 0.1 is not 0.10000000149011612.
    let elements =
      elementType == .float64 ? part.doubles.map(\.description) : part.floats.map(\.description)
    let rest = shape.elementCount > count ? ", …" : ""
    return "\(head): \(elements.joined(separator: ", "))\(rest)"
  }
}
