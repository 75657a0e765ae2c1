extension Tensor {
  /// The elements as Double: exact for every type.
  public var doubles: [Double] {
    [Double](unsafeUninitializedCapacity: shape.elementCount) { output, count in
      forEachElement { index, value in output.initializeElement(at: index, to: value) }
      count = shape.elementCount
    }
  }

  /// The elements as Float; float64 is rounded to nearest.
  public var floats: [Float] {
    [Float](unsafeUninitializedCapacity: shape.elementCount) { output, count in
      writeFloats(to: output)
      count = shape.elementCount
    }
  }

  /// The elements as Float at an address that is aligned for it: the bytes themselves where they are
  /// so, else converted ones.
  package func floatBytes() -> Bytes {
    let bytes = elements.made()
    let isInPlace =
      elementType == .float32
      && bytes.withUnsafeBytes {
        Int(bitPattern: $0.baseAddress) % MemoryLayout<Float>.alignment == 0
      }
    if isInPlace { return bytes }
    let made = Tensor(shape: shape, elementType: elementType, bytes: bytes)!  // as many as before
    return Bytes(overwriting: shape.elementCount * MemoryLayout<Float>.size) {
      made.writeFloats(to: $0.bindMemory(to: Float.self))
    }
  }

  /// Fills memory for as many elements, that nobody has written yet.
  private func writeFloats(to output: UnsafeMutableBufferPointer<Float>) {
    if elementType == .float32 {
      elements.made().withUnsafeBytes { UnsafeMutableRawBufferPointer(output).copyMemory(from: $0) }
    } else {
      forEachElement { index, value in output.initializeElement(at: index, to: Float(value)) }
    }
  }

  /// Calls `body` with the elements as Float, in place where they are float32 and aligned.
  public func withFloats<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    // SAFETY: aligned, and exactly `elementCount` floats.
    try floatBytes().withUnsafeBytes { try body($0.assumingMemoryBound(to: Float.self)) }
  }

  /// Calls `body` with each index and element in order.
  public func forEachElement(_ body: (Int, Double) -> Void) {
    let count = shape.elementCount
    // SAFETY: the initializer checked that the bytes hold `count` elements of this type.
    elements.made().withUnsafeBytes { buffer in
      switch elementType {
      case .float32:
        for i in 0..<count {
          let bits = UInt32(
            littleEndian: buffer.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
          body(i, Double(Float(bitPattern: bits)))
        }
      case .float64:
        for i in 0..<count {
          let bits = UInt64(
            littleEndian: buffer.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
          body(i, Double(bitPattern: bits))
        }
      case .float16:
        for i in 0..<count {
          let bits = UInt16(
            littleEndian: buffer.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
          body(i, Double(Tensor.float(fromHalf: bits)))
        }
      case .bfloat16:
        for i in 0..<count {
          let bits = UInt16(
            littleEndian: buffer.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
          body(i, Double(Float(bitPattern: UInt32(bits) << 16)))
        }
      }
    }
  }

  /// Widens IEEE binary16 bits; exact.
  ///
  /// By hand, because `Float16` does not exist on every platform Swift runs on.
  static func float(fromHalf bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1f
    let fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 0x1f:
      return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default:
      return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
