internal import Hashing
internal import TensorCore

extension Float {
  /// The same number with one encoding: one zero, one NaN.
  var canonical: Float { self == 0 ? 0 : isNaN ? .nan : self }
}

extension Double {
  /// Rounded to float32, which all formats have.
  var rounded32: Double { Double(Float(self)) }

  /// The bits of the number as a canonical float32, in 8 hexadecimal digits.
  var bits32: String {
    let text = String(Float(self).canonical.bitPattern, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
  }
}

extension Tensor {
  /// The elements rounded to float32.
  var rounded32: [Double] {
    elementType == .float64 ? doubles.map(\.rounded32) : doubles
  }
}

extension SHA256 {
  /// Appends numbers as canonical float32, least significant byte first.
  mutating func update(_ numbers: UnsafeBufferPointer<Float>) {
    let blockCount = 4096
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: blockCount) { block in
      for start in stride(from: 0, to: numbers.count, by: blockCount) {
        let count = min(blockCount, numbers.count - start)
        for index in 0..<count {
          block[index] = numbers[start + index].canonical.bitPattern.littleEndian
        }
        update(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: block[..<count])))
      }
    }
  }

  /// Appends numbers, rounded to float32.
  mutating func update(_ numbers: [Double]) {
    numbers.map { Float($0) }.withUnsafeBufferPointer { update($0) }
  }
}
