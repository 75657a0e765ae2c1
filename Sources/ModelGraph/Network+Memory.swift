public import TensorCore

extension Network {
  /// Refuses to hold values of some shapes at one time where there is no memory for them.
  ///
  /// A definition of a hundred bytes may ask for any number of elements.
  /// - Throws: `NetworkError` of kind `outOfMemory` that names the bytes.
  public static func requireMemory(
    for shapes: some Sequence<Shape>, bytesPerElement: Int
  ) throws(NetworkError) {
    var byteCount = 0
    for shape in shapes {
      let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: bytesPerElement)
      let (sum, sumOverflow) = byteCount.addingReportingOverflow(bytes)
      byteCount = overflow || sumOverflow ? .max : sum
      if byteCount == .max { break }
    }
    do { try Memory.require(byteCount) } catch { throw NetworkError(error) }
  }
}
