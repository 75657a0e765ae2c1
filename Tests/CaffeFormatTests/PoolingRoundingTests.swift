import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// How poolings round: two forks gave one field opposite meanings.
struct PoolingRoundingTests {
  private func pooling(_ parameters: String, size: Int = 4) -> String {
    input([1, 2, size, size])
      + """
      layer { name: 'p' type: 'Pooling' bottom: 'data' top: 'p'
        pooling_param { kernel_size: 3 stride: 2 \(parameters) } }
      """
  }

  @Test(arguments: [
    ("", 2), ("round_mode: CEIL", 2), ("round_mode: FLOOR", 1), ("ceil_mode: true", 2),
    ("ceil_mode: false", 1), ("round_mode: FLOOR ceil_mode: false", 1),
    ("round_mode: CEIL ceil_mode: true", 2),
  ])
  func `a text names what it means`(parameters: String, rows: Int) throws {
    let model = try read(pooling(parameters))
    #expect(try model.network.shapes()["p"] == [1, 2, rows, rows])
  }

  @Test(arguments: ["round_mode: FLOOR ceil_mode: true", "round_mode: CEIL ceil_mode: false"])
  func `both fields have to agree`(parameters: String) {
    #expect(
      failure { try read(pooling(parameters)) }?
        .hasPrefix("net.prototxt: p: expected round_mode and ceil_mode to say the same") == true)
  }

  /// A caffemodel that is the definition too, behind the pooling a scale of both channels.
  private func model(
    _ value: String, size: Int = 4, dialect: CaffeOptions.Dialect = .auto, more: String = "",
    weights: String = "layer { name: 's' type: 'Scale' bottom: 'p' top: 's' \(blob([2])) }"
  ) throws -> Model {
    try read(
      nil, weights: pooling("round_mode: \(value)", size: size) + weights + more, dialect: dialect)
  }

  @Test(arguments: [
    ("CEIL", CaffeOptions.Dialect.bvlc, 2), ("FLOOR", .bvlc, 1), ("CEIL", .ceilMode, 1),
    ("FLOOR", .ceilMode, 2),
  ])
  func `the user says what field 13 of a caffemodel is`(
    value: String, dialect: CaffeOptions.Dialect, rows: Int
  ) throws {
    #expect(try model(value, dialect: dialect).network.shapes()["p"] == [1, 2, rows, rows])
  }

  @Test func `a caffemodel that nothing tells of is refused where it matters`() throws {
    #expect(
      failure { try model("FLOOR") }?.hasPrefix(
        "net.caffemodel: p: cannot tell how this pooling rounds: field 13 is round_mode") == true)
    #expect(try model("FLOOR", size: 5).network.shapes()["p"] == [1, 2, 2, 2])
  }

  @Test func `layers that only BVLC's Caffe has tell`() throws {
    let clip =
      "layer { name: 'c' type: 'Clip' bottom: 's' top: 'c' clip_param { min: 0 max: 6 } }"
    #expect(try model("FLOOR", more: clip).network.shapes()["p"] == [1, 2, 1, 1])
  }

  @Test(arguments: [("CEIL", 2, "ceil_mode"), ("CEIL", 8, "round_mode"), ("FLOOR", 8, "ceil_mode")])
  func `a matrix that fits one size tells`(value: String, inputs: Int, field: String) throws {
    let product = """
      layer { name: 'ip' type: 'InnerProduct' bottom: 'p' top: 'ip'
        inner_product_param { num_output: 3 bias_term: false } \(blob([3, inputs])) }
      """
    let model = try model(value, weights: product)
    #expect(try model.network.shapes()["p"]?.elementCount == inputs)
    #expect(
      model.provenance.notes.contains(
        "took field 13 of poolings for \(field), because only so the weights fit: p"))
  }

  @Test func `beside a text the caffemodel's field does not count`() throws {
    let scale = "layer { name: 's' type: 'Scale' bottom: 'p' top: 's' "
    let model = try read(
      pooling("ceil_mode: true") + scale + "}",
      weights: pooling("round_mode: FLOOR") + scale + "\(blob([2])) }")
    #expect(try model.network.shapes()["p"] == [1, 2, 2, 2])
  }
}
