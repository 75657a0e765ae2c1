import Kernels
import TensorCore
import TestSupport
import Testing

/// A buffer with canaries before and after.
private func written(_ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) -> [UInt32]
{
  let canary = Float(bitPattern: 0x7fc0_dead)
  var memory = [Float](repeating: canary, count: count + 64)
  memory.withUnsafeMutableBufferPointer { buffer in
    body(UnsafeMutableBufferPointer(rebasing: buffer[32..<32 + count]))
  }
  let edges = memory[..<32] + memory[(32 + count)...]
  #expect(edges.allSatisfy { $0.bitPattern == canary.bitPattern }, "wrote past its output")
  return memory[32..<32 + count].map(\.bitPattern)
}

/// Numbers of all magnitudes, with zeros, infinities, subnormals and a NaN now and then.
private func numbers(_ count: Int, seed: UInt64, special: Bool = true) -> [Float] {
  var random = SeededGenerator(seed: seed)
  let specials: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 0x1p-140, -0x1p-140]
  return (0..<count).map { _ in
    if special, Int.random(in: 0..<20, using: &random) == 0 {
      return specials.randomElement(using: &random)!  // never empty
    }
    return Float.random(in: -4...4, using: &random)
  }
}

/// The same bits, where any NaN is as good as any other.
private func same(_ a: [UInt32], _ b: [UInt32]) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy {
      $0 == $1 || (Float(bitPattern: $0).isNaN && Float(bitPattern: $1).isNaN)
    }
}

private let levels = InstructionSet.allCases.filter { $0 != .scalar && $0.isAvailable }

@Suite("Kernels against their scalar twins")
struct KernelTests {
  private let scalar = KernelTable(.scalar)!  // every processor has it

  private func expectSame(
    _ level: InstructionSet, count: Int,
    _ body: (KernelTable, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws {
    let table = try #require(KernelTable(level))
    let (found, expected) = (
      written(count) { body(table, $0) }, written(count) { body(scalar, $0) }
    )
    #expect(same(found, expected))
  }

  private static let activations = [
    Activation.none, Activation(negativeSlope: 0), Activation(negativeSlope: 0.1),
    Activation(negativeSlope: 0, maximum: 2), Activation(negativeSlope: 0.5, maximum: 1),
  ]

  @Test(arguments: levels, activations)
  func `affine rows`(_ level: InstructionSet, _ activation: Activation) throws {
    for columns in [1, 7, 8, 15, 16, 17, 33, 100] {
      let x = numbers(3 * (columns + 2), seed: 1)
      let addend = numbers(3 * columns, seed: 2)
      let scale = numbers(3, seed: 3, special: false)
      let shift = numbers(3, seed: 4, special: false)
      try x.withUnsafeBufferPointer { x in
        try addend.withUnsafeBufferPointer { addend in
          try scale.withUnsafeBufferPointer { scale in
            try shift.withUnsafeBufferPointer { shift in
              let rows = Matrix(x, rows: 3, columns: columns, rowStride: columns + 2)
              try expectSame(level, count: 3 * columns) { table, y in
                table.affineRows(
                  rows, scale: scale, shift: shift,
                  addend: Matrix(addend, rows: 3, columns: columns),
                  activation: activation, into: MutableMatrix(y, rows: 3, columns: columns))
              }
              try expectSame(level, count: 3 * columns) { table, y in
                table.affineRows(
                  rows, activation: activation, into: MutableMatrix(y, rows: 3, columns: columns))
              }
              // Rows that do not follow each other: what lies between stays as it is.
              try expectSame(level, count: 3 * columns + 8) { table, y in
                y.update(repeating: -7)
                table.affineRows(
                  rows, shift: shift, activation: activation,
                  into: MutableMatrix(y, rows: 3, columns: columns, rowStride: columns + 4))
                for gap in [columns, 2 * columns + 4] {
                  let between = y[gap..<gap + 4]
                  #expect(between.allSatisfy { $0 == -7 })
                }
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: levels, [1, 2, 127, 128, 129, 1000])
  func `moments of lanes`(_ level: InstructionSet, _ rows: Int) throws {
    let table = try #require(KernelTable(level))
    let origins = (0..<16).map { Double($0) / 8 - 1 }
    for special in [false, true] {
      let x = numbers(16 * rows, seed: UInt64(rows), special: special)
      func moments(_ table: KernelTable) -> [Moments] {
        var found: [Moments] = []
        x.withUnsafeBufferPointer { x in
          origins.withUnsafeBufferPointer { table.measure(x, around: $0) { found.append($1) } }
        }
        return found
      }
      for (lane, (a, b)) in zip(moments(table), moments(scalar)).enumerated() {
        let isFinite = b.squares.isFinite
        #expect(isFinite ? a == b : !a.squares.isFinite)
        #expect(a.zeroCount == b.zeroCount && a.subnormalCount == b.subnormalCount)
        guard !special else { continue }
        let own = stride(from: lane, to: x.count, by: 16).map { Double(x[$0]) - origins[lane] }
        #expect(abs(a.sum - own.reduce(0, +)) < 1e-9 && a.count == rows)
        #expect(abs(a.squares - own.reduce(0) { $0 + $1 * $1 }) < 1e-9 * a.squares)
      }
    }
  }

  @Test(arguments: levels, [1, 15, 16, 17, 100])
  func `affine elements`(_ level: InstructionSet, _ count: Int) throws {
    let (x, scale, shift) = (
      numbers(count, seed: 1), numbers(count, seed: 2), numbers(count, seed: 3)
    )
    try x.withUnsafeBufferPointer { x in
      try scale.withUnsafeBufferPointer { scale in
        try shift.withUnsafeBufferPointer { shift in
          for activation in Self.activations {
            try expectSame(level, count: count) { table, y in
              table.affineElements(x, scale: scale, shift: shift, activation: activation, into: y)
            }
          }
          try expectSame(level, count: count) { table, y in table.affineElements(x, into: y) }
        }
      }
    }
  }

  @Test(arguments: levels, [1, 15, 16, 17, 100])
  func `combinations`(_ level: InstructionSet, _ count: Int) throws {
    let arrays = (0..<3).map { numbers(count, seed: UInt64($0)) }
    let kinds: [KernelTable.Combination] = [
      .sum(coefficients: [1, 1, 1]), .sum(coefficients: [2, -0.5, 3]), .product, .maximum,
    ]
    try arrays[0].withUnsafeBufferPointer { a in
      try arrays[1].withUnsafeBufferPointer { b in
        try arrays[2].withUnsafeBufferPointer { c in
          for kind in kinds {
            try expectSame(level, count: count) { table, y in
              table.combine([a, b, c], by: kind, activation: .init(negativeSlope: 0), into: y)
            }
          }
        }
      }
    }
  }

  /// Windows of many kinds over a small plane.
  private static let windows: [Windows] = {
    var list: [Windows] = []
    for (height, width) in [(1, 1), (5, 7), (9, 33), (16, 16)] {
      for (kernel, stride, dilation, padding) in [
        (1, 1, 1, 0), (3, 1, 1, 1), (3, 2, 1, 1), (2, 2, 1, 0), (3, 1, 2, 2), (3, 3, 2, 2),
        (5, 1, 1, 2),
        (2, 1, 1, 3), (3, 1, 1, 2),
      ] {
        let reach = dilation * (kernel - 1) + 1
        guard height + 2 * padding >= reach, width + 2 * padding >= reach else { continue }
        list.append(
          Windows(
            input: .init(height: height, width: width),
            output: .init(
              height: (height + 2 * padding - reach) / stride + 1,
              width: (width + 2 * padding - reach) / stride + 1),
            kernel: .init(height: kernel, width: kernel),
            stride: .init(height: stride, width: stride),
            dilation: .init(height: dilation, width: dilation),
            leadingPadding: .init(height: padding, width: padding),
            trailingPadding: .init(height: padding, width: padding)))
      }
    }
    return list
  }()

  @Test(arguments: levels, windows)
  func `unfolding, whole and in parts`(_ level: InstructionSet, _ windows: Windows) throws {
    let channels = 3
    let (rows, pixels) = (channels * windows.kernel.count, windows.output.count)
    try numbers(channels * windows.input.count, seed: 5).withUnsafeBufferPointer { image in
      for (firstRow, rowCount) in [(0, rows), (rows / 2, rows - rows / 2)] {
        for (firstPixel, pixelCount) in [
          (0, pixels), (pixels / 3, pixels - pixels / 3 - pixels / 4),
        ]
        where pixelCount > 0 {
          try expectSame(level, count: rowCount * (pixelCount + 1)) { table, y in
            y.update(repeating: 0)
            table.unfold(
              image, channels: channels, windows: windows, firstRow: firstRow,
              firstPixel: firstPixel,
              into: MutableMatrix(
                y, rows: rowCount, columns: pixelCount, rowStride: pixelCount + 1))
          }
        }
      }
    }
  }
}
