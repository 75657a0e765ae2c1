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

  private static let ledger = Ledger(
    entries: [
      .init(
        source: StoredTensor(
          file: "a.h5", object: "/conv/kernel", byteOffset: 8, elementType: .float16,
          shape: [1, 1, 3, 2]),
        transforms: [.permute([3, 2, 0, 1])], target: "conv/kernel")
    ],
    leftOut: [
      StoredTensor(
        file: "a.h5", object: "/loss/bias", byteOffset: nil, elementType: .float64, shape: [5])
    ])

  private static func decoded(_ text: String) throws(FormatError) -> Ledger {
    try JSONText(parsing: Bytes(Array(text.utf8))).withRoot { (root) throws(FormatError) in
      try Ledger(decoding: root, allowingUnknown: false)
    }
  }

  @Test func `a ledger's text stays as native files have it, and comes back`() throws {
    let text = Self.ledger.json.text()
    #expect(
      text == """
        {"entries":[{"source":"/conv/kernel","file":"a.h5","byteOffset":8,"type":"float16",\
        "shape":[1,1,3,2],"transforms":[{"name":"permute","axes":[3,2,0,1]}],\
        "target":"conv/kernel"}],\
        "leftOut":[{"source":"/loss/bias","file":"a.h5","byteOffset":null,"type":"float64",\
        "shape":[5]}]}
        """)
    #expect(try Self.decoded(text) == Self.ledger)
  }

  @Test(arguments: ["[1,1,3,2]", "[5]"])
  func `a tensor of more bytes than can be counted is refused, left out or not`(
    shape: String
  ) throws {
    let text = Self.ledger.json.text().replacing(shape, with: "[4611686018427387904,1]")
    let error = #expect(throws: FormatError.self) { try Self.decoded(text) }
    #expect(error?.reason.contains("has too many bytes to be counted") == true)
  }
}
