extension Tensor {
  /// How many elements are infinite or not a number.
  ///
  /// Elements that are moved, repeated or widened on their way are counted where they come from.
  public var nonFiniteCount: Int {
    switch elements {
    case .absent: return 0
    case .deferred(let bytes):
      guard let source = bytes.source else { return count(in: bytes.made()) }
      let count = source.nonFiniteCount
      return source.shape == [1] && count > 0 ? shape.elementCount : count
    case .stored(let bytes): return count(in: bytes)
    }
  }

  /// Lets the system take back the memory of elements that lie in a mapped file: whoever looks again
  /// reads them from the file again.
  public func discardPages() {
    switch elements {
    case .absent: break
    case .deferred(let bytes): bytes.source?.discardPages()
    case .stored(let bytes): bytes.discardPages()
    }
  }

  private func count(in bytes: Bytes) -> Int {
    let count = shape.elementCount
    return bytes.withUnsafeBytes { buffer in
      switch elementType {
      case .float16: countNonFinite(buffer, count, exponent: UInt16(0x7c00))
      case .bfloat16: countNonFinite(buffer, count, exponent: UInt16(0x7f80))
      case .float32: countNonFinite(buffer, count, exponent: UInt32(0x7f80_0000))
      case .float64: countNonFinite(buffer, count, exponent: UInt64(0x7ff0_0000_0000_0000))
      }
    }
  }
}

/// Counts numbers whose exponent has all bits set: those that one more in the exponent turns negative.
///
/// - Parameter exponent: the bits of the exponent.
private func countNonFinite<Bits: FixedWidthInteger & UnsignedInteger & SIMDScalar>(
  _ buffer: UnsafeRawBufferPointer, _ count: Int, exponent: Bits
) -> Int {
  let one: Bits = exponent & (~exponent &+ 1)
  let sign: Bits = 1 << Bits(Bits.bitWidth - 1)
  let size = MemoryLayout<Bits>.size
  let (width, block) = (16, 4096)
  var found = 0
  var start = 0
  while start < count {
    let end = min(start + block, count)
    var index = start
    // Nearly always no number of a block is one: that is known without looking at each.
    var any = SIMD16<Bits>(repeating: 0)
    while index + width <= end {
      // SAFETY: `count` elements of this size are in the buffer.
      let bits = buffer.loadUnaligned(fromByteOffset: index &* size, as: SIMD16<Bits>.self)
      any |= (bits & exponent) &+ one
      index += width
    }
    let isClean = (any & sign) == SIMD16<Bits>(repeating: 0)
    for rest in (isClean ? index : start)..<end {
      // SAFETY: as above. The host is little-endian, as the elements are.
      let bits = buffer.loadUnaligned(fromByteOffset: rest &* size, as: Bits.self)
      if bits & exponent == exponent { found += 1 }
    }
    start = end
  }
  return found
}
