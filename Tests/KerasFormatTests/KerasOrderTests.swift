import ModelGraph
import TensorCore
import Testing

@testable import KerasFormat

/// The order in which Keras counts the weights of layers.
@Suite struct KerasOrderTests {
  /// The names in Keras' order of layers that read others by name; the last one is the output.
  private static func order(_ layers: [(name: String, reads: [[String]])]) -> [String] {
    let indices = Dictionary(
      uniqueKeysWithValues: layers.enumerated().map { ($0.element.name, $0.offset) })
    let drafts = layers.map { layer in
      LayerDraft(
        name: layer.name, type: layer.reads[0].isEmpty ? .input : .add, settings: [], weights: [],
        calls: layer.reads.map { names in
          names.map { name in
            // `a#1` is the second call of a.
            let parts = name.split(separator: "#")
            return .init(layer: indices[String(parts[0])]!, call: parts.count > 1 ? 1 : 0)
          }
        }, shapes: layer.reads.map { _ in [1, 1] })
    }
    let output = LayerDraft.Reference(
      layer: drafts.count - 1, call: drafts[drafts.count - 1].calls.count - 1)
    return KerasOrder.order(of: drafts, outputs: [output]).map { drafts[$0].name }
  }

  @Test func `a block's projection stands where Keras' own ResNets have it`() {
    let names = Self.order([
      ("in", [[]]), ("0_conv", [["in"]]), ("0_bn", [["0_conv"]]), ("1_conv", [["in"]]),
      ("2_conv", [["1_conv"]]), ("3_conv", [["2_conv"]]), ("3_bn", [["3_conv"]]),
      ("add", [["0_bn", "3_bn"]]),
    ])
    #expect(
      names == ["in", "1_conv", "2_conv", "0_conv", "3_conv", "0_bn", "3_bn", "add"])
  }

  @Test func `of layers as far from the output, the one met first comes first`() {
    let names = Self.order([
      ("in", [[]]), ("a", [["in"]]), ("b", [["in"]]), ("add", [["b", "a"]]),
    ])
    #expect(names == ["in", "b", "a", "add"])
  }

  @Test func `a layer called twice stands where its first call needs it`() {
    let names = Self.order([
      ("in", [[]]), ("shared", [["in"], ["other"]]), ("other", [["shared"]]),
      ("out", [["shared#1", "in"]]),
    ])
    #expect(names == ["in", "shared", "other", "out"])
  }

  @Test func `layers that no output needs are left out`() {
    let names = Self.order([("in", [[]]), ("dead", [["in"]]), ("out", [["in"]])])
    #expect(names == ["in", "out"])
  }

  @Test func `a chain of ten thousand layers is walked`() {
    var layers: [(name: String, reads: [[String]])] = [("l0", [[]])]
    for index in 1..<10_000 { layers.append(("l\(index)", [["l\(index - 1)"]])) }
    #expect(Self.order(layers).count == 10_000)
  }
}
