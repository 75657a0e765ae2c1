import TensorCore
import Testing

@Suite struct TensorTests {
  @Test func `bytes that do not fit the shape make no tensor`() {
    let bytes = Bytes([0, 0, 0, 0, 0])
    #expect(Tensor(shape: [1], elementType: .float32, bytes: bytes) == nil)
    #expect(Tensor(shape: [5], elementType: .float16, bytes: bytes) == nil)
    #expect(Tensor(shape: [1 << 61], elementType: .float64, bytes: bytes) == nil)
  }

  @Test func `a slice outside its bytes does not exist`() {
    let bytes = Bytes([1, 2, 3, 4])
    #expect(bytes.slice(from: 1, count: 3)?.array == [2, 3, 4])
    for (start, count) in [(-1, 2), (0, 5), (4, 1), (2, Int.max), (Int.max, 1), (0, -1)] {
      #expect(bytes.slice(from: start, count: count) == nil)
    }
    #expect(bytes.slice(from: 1, count: 3)?.slice(from: 1, count: 1)?.offset == 2)
  }

  @Test func `bytes are identical where they are the same place, not where they are equal`() {
    let bytes = Bytes([1, 2, 1, 2])
    #expect(bytes.isIdentical(to: bytes) && bytes == Bytes([1, 2, 1, 2]))
    #expect(!bytes.isIdentical(to: Bytes([1, 2, 1, 2])))
    #expect(bytes.slice(from: 0, count: 2) == bytes.slice(from: 2, count: 2))
    #expect(bytes.slice(from: 0, count: 2)?.isIdentical(to: bytes) == false)
  }

  @Test func `every binary16 number is widened exactly`() throws {
    let patterns = (0...UInt16.max).map { $0 }
    let bytes = patterns.withUnsafeBytes { Bytes(copying: $0) }
    let tensor = try #require(Tensor(shape: [65536], elementType: .float16, bytes: bytes))
    for (bits, value) in zip(patterns, tensor.doubles) {
      let fraction = Double(bits & 0x3ff)
      let exponent = Int(bits >> 10 & 0x1f)
      let magnitude: Double =
        switch exponent {
        case 0: fraction * 0x1p-24
        case 31: fraction == 0 ? .infinity : .nan
        default: (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
        }
      let expected = bits & 0x8000 == 0 ? magnitude : -magnitude
      #expect(value.isNaN && expected.isNaN || value == expected && value.sign == expected.sign)
    }
  }

  @Test func `bfloat16 is the upper half of a float`() throws {
    let numbers: [Float] = [0, -1.5, 3.140625, .infinity]
    let halves = numbers.map { UInt16($0.bitPattern >> 16) }
    let bytes = halves.withUnsafeBytes { Bytes(copying: $0) }
    let tensor = try #require(Tensor(shape: [4], elementType: .bfloat16, bytes: bytes))
    #expect(tensor.floats == numbers)
  }

  @Test func `elements at an odd address are read as they are`() throws {
    let numbers: [Float] = [1.25, -0.0, .pi]
    let shifted = Bytes(count: 13) { target in
      numbers.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: target[1...]).copyMemory(from: $0)
      }
    }
    let bytes = try #require(shifted.slice(from: 1, count: 12))
    let tensor = try #require(Tensor(shape: [3], elementType: .float32, bytes: bytes))
    #expect(tensor.floats.map(\.bitPattern) == numbers.map(\.bitPattern))
    #expect(tensor.doubles == numbers.map(Double.init))
    tensor.withFloats { #expect(Array($0) == numbers) }
  }

  @Test func `equality of bits tells signed zeros apart and NaNs equal`() {
    let a = Tensor([2], [Float.nan, 0.0])
    #expect(a.isBitEqual(to: Tensor([2], [Float.nan, 0.0])))
    #expect(!a.isBitEqual(to: Tensor([2], [Float.nan, -0.0])))
    #expect(!a.isIdentical(to: Tensor([2], [Float.nan, 0.0])))
    #expect(a.isIdentical(to: a))
  }
}

@Suite struct TensorDescriptionTests {
  @Test(arguments: [
    (
      Tensor([2, 4], [0.5, -1, 3, 0, 0.1, 1, 2, 3] as [Float]),
      "float32 [2, 4]: 0.5, -1.0, 3.0, 0.0, 0.1, 1.0, …"
    ),
    (Tensor([2], [0.1, .nan] as [Double]), "float64 [2]: 0.1, nan"),
    (Tensor([], [7] as [Float]), "float32 []: 7.0"),
    (Tensor([0, 3], [] as [Float]), "float32 [0, 3]"),
  ])
  func `a tensor is printed as its type, shape and first elements`(tensor: Tensor, text: String) {
    #expect("\(tensor)" == text)
  }
}
