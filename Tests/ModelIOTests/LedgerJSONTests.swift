import Files
import JSON
import ModelGraph
import ModelIO
import TensorCore
import Testing

@Suite struct LedgerJSONTests {
  static let transforms: [Ledger.Transform] = [
    .reshape(from: [1, 1, 2, 3], to: [2, 3]), .transpose, .swapSpatialAxes, .setToOne,
    .widen(from: .bfloat16), .permute([3, 2, 0, 1]), .flipKernels, .square(adding: 0.001),
    .invertSquare(subtracting: 0.001),
    .divide(by: 999.98), .divide(by: .infinity),
    .surroundWithZeros(Padding(top: 1, left: 2, bottom: 3, right: 4)),
  ]

  @Test(arguments: transforms)
  func `a transform comes back from JSON`(transform: Ledger.Transform) throws {
    let text = Bytes(transform.json.utf8())
    let copy = try JSONText(parsing: text).withRoot { (root) throws(FormatError) in
      try Ledger.Transform(decoding: root, allowingUnknown: false)
    }
    #expect(copy == transform)
  }
}
