import Files
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Which tensor becomes which weight, and what is refused.
struct WeightTests {
  private let definition =
    input([1, 2, 3, 3]) + """
      layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'
        convolution_param { num_output: 2 kernel_size: 1 } }
      layer { name: 'bn' type: 'BatchNorm' bottom: 'conv' top: 'conv' }
      layer { name: 'scale' type: 'Scale' bottom: 'conv' top: 'conv' }
      """
  private let conv = "layer { name: 'conv' \(blob([2, 2, 1, 1])) \(blob([2], from: 5)) } "
  private let bn = "layer { name: 'bn' \(blob([2], from: 7)) \(blob([2], from: 9)) \(blob([1])) } "
  private let scale = "layer { name: 'scale' \(blob([2], from: 11)) } "

  @Test func `every tensor becomes one weight`() throws {
    let model = try read(definition, weights: "name: 'stored' " + scale + conv + bn)
    #expect(
      model.network.weights.map { "\($0.name) \($0.tensor.floats)" } == [
        "conv/kernel [1.0, 2.0, 3.0, 4.0]", "conv/bias [5.0, 6.0]", "bn/mean [7.0, 8.0]",
        "bn/variance [9.0, 10.0]", "bn/factor [1.0]", "scale/scale [11.0, 12.0]",
      ])
    let entries = model.provenance.ledger.entries
    #expect(
      entries.map { "\($0.source.object) > \($0.target)" } == [
        "scale/blobs[0] > scale/scale", "conv/blobs[0] > conv/kernel", "conv/blobs[1] > conv/bias",
        "bn/blobs[0] > bn/mean", "bn/blobs[1] > bn/variance", "bn/blobs[2] > bn/factor",
      ])
    #expect(entries.map(\.source.byteCount) == [8, 16, 8, 8, 8, 4])
    #expect(entries.allSatisfy { $0.transforms.isEmpty })
    #expect(entries.allSatisfy { $0.source.file == "net.caffemodel" })
    // Numbers that are not packed lie one by one.
    #expect(
      entries.filter { $0.source.byteOffset == nil }.map(\.source.byteCount) == [8, 16, 8, 8, 8])
  }

  @Test func `weights stay in the mapped file`() throws {
    let files = try TestFiles()
    let bytes = packed([
      ("conv", [[2, 2, 1, 1], [2]]), ("bn", [[2], [2], [1]]), ("scale", [[2]]),
    ])
    let file = try files.file("net.caffemodel", bytes)
    let model = try CaffeFormat().readModel(
      from: CaffeSource(
        definition: try files.file("net.prototxt", Array(definition.utf8)), weights: file)
    ).model
    for (weight, entry) in zip(model.network.weights, model.provenance.ledger.entries) {
      let offset = try #require(entry.source.byteOffset)
      let place = try #require(file.bytes.slice(from: offset, count: entry.source.byteCount))
      #expect(try #require(weight.tensor.storedBytes).isIdentical(to: place))
    }
  }

  @Test(arguments: [
    (
      "CB",
      "scale/scale is not filled"
    ),
    (
      "B",
      "conv/kernel is not filled; conv/bias is not filled; scale/scale is not filled"
    ),
    (
      "CBS layer { name: 'old' blobs { data: 1 } blobs { data: 2 } }",
      "old/blobs[0] is not used by any layer; old/blobs[1] is not used by any layer; "
        + "--ignore-extra-weights leaves out what belongs to no layer of the definition"
    ),
    (
      "BS layer { name: 'conv' blobs { data: 1 shape { dim: 1 } } }",
      "conv/blobs[0] has shape [1] instead of [2, 2, 1, 1]; conv/bias is not filled"
    ),
    (
      "BS layer { name: 'conv' blobs { shape { dim: [2, 2] } data: [1, 2, 3, 4] } blobs { shape { dim: [2, 1] } data: [1, 2] } }",
      "conv/blobs[0] has shape [2, 2] instead of [2, 2, 1, 1]; conv/blobs[1] has shape [2, 1] instead of [2]"
    ),
    (
      "CS layer { name: 'bn' blobs { data: 1 } blobs { data: 1 } blobs { data: 1 } blobs { data: 1 } blobs { data: 1 } }",
      "bn/blobs[0] has shape [] instead of [2]; bn/blobs[1] has shape [] instead of [2]; "
        + "bn/blobs[2] has shape [] instead of [2]; bn/blobs[3] has shape [] instead of [2]"
    ),
    (
      "CBSS",
      "2 layers named scale hold tensors"
    ),
  ])
  func `what is missing, left over or misshapen is listed in one error`(
    stored: String, faults: String
  ) {
    let letters = String(stored.prefix { $0 != " " })
    let parts = letters.map { ["C": conv, "B": bn, "S": scale][$0]! }.joined()
    let message = failure {
      try read(definition, weights: parts + stored.dropFirst(letters.count))
    }
    #expect(message == "net.caffemodel: expected the weights of the definition: \(faults)")
  }

  @Test func `many faults are counted`() {
    let extra = (0..<30).map { "layer { name: 'x\($0)' blobs { data: 1 } } " }.joined()
    let message = failure { try read(definition, weights: conv + bn + scale + extra) }
    #expect(message?.contains("x19/blobs[0] is not used by any layer; and 10 more; ") == true)
  }

  @Test func `tensors of layers that the definition does not have are left out on request`() throws
  {
    let extra = "layer { name: 'head' \(blob([2])) \(blob([3])) }"
    let model = try read(
      definition, weights: conv + extra + bn + scale, ignoringExtraWeights: true)
    #expect(
      model.provenance.ledger.leftOut.map { "\($0.object) \($0.shape)" }
        == ["head/blobs[0] [2]", "head/blobs[1] [3]"])
    #expect(
      model.provenance.notes.contains(
        "left out tensors of layers that the definition does not have, as asked for: head"))
    // A layer that the definition has must have its tensors and no others.
    #expect(
      failure { try read(definition, weights: bn + scale + extra, ignoringExtraWeights: true) }
        == "net.caffemodel: expected the weights of the definition: conv/kernel is not filled; "
        + "conv/bias is not filled")
    let fat = scale.replacing("name: 'scale'", with: "name: 'scale' \(blob([2]))")
    #expect(
      failure { try read(definition, weights: conv + bn + fat, ignoringExtraWeights: true) }?
        .contains("is not used by any layer") == true)
  }

  @Test func `a caffemodel without tensors is refused`() {
    #expect(
      failure { try read(definition, weights: "layer { name: 'conv' }") }
        == "net.caffemodel: expected stored tensors, found none in 1 layers")
    let weightless = input([1, 2]) + "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' }"
    #expect(
      failure { try read(weightless, weights: "name: 'empty'") }
        == "net.caffemodel: expected stored tensors, found none in 0 layers")
    #expect(
      failure { try read(weightless, weights: conv) }
        == "net.caffemodel: expected the weights of the definition: "
        + "conv/blobs[0] is not used by any layer; conv/blobs[1] is not used by any layer; "
        + "--ignore-extra-weights leaves out what belongs to no layer of the definition")
  }

  @Test func `a definition that needs weights asks for them`() {
    #expect(
      failure { try read(definition) }
        == "net.prototxt: expected a caffemodel with the weights of conv, bn, scale, found none")
  }

  @Test func `tensors of layers that were left out are not missed`() throws {
    let extended =
      definition
      + "layer { name: 'aux' type: 'InnerProduct' bottom: 'conv' top: 'aux' include { phase: TRAIN } }"
      + "layer { name: 'mine' type: 'CenterLoss' bottom: 'conv' top: 'mine' }"
    let stored =
      conv + bn + scale + "layer { name: 'aux' \(blob([1])) } layer { name: 'mine' \(blob([3])) }"
    #expect(try read(extended, weights: stored).provenance.ledger.entries.count == 6)
  }

  @Test func `the definition in the caffemodel is taken when there is no other`() throws {
    let trained = """
      name: 'trained'
      layer { name: 'loader' type: 'Data' top: 'data' top: 'label' phase: TRAIN
        include { phase: TRAIN } transform_param { crop_size: 3 mean_value: [1, 2] } }
      layer { name: 's' type: 'Split' bottom: 'data' top: 's0' top: 's1' phase: TRAIN }
      layer { name: 'scale' type: 'Scale' bottom: 's0' top: 'x' phase: TRAIN \(blob([2])) }
      layer { name: 'sum' type: 'Eltwise' bottom: 'x' bottom: 's1' top: 'sum' phase: TRAIN }
      layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'sum' bottom: 'label' top: 'l' }
      """
    let model = try read(nil, weights: trained)
    #expect(model.network.name == "trained")
    #expect(model.network.nodes.map(\.name) == ["data", "scale", "sum"])
    #expect(model.network.nodes[2].inputs == ["scale", "data"])
    #expect(
      model.provenance.notes == [
        "took the definition from the caffemodel",
        "left out for inference: loss (SoftmaxWithLoss)", "undid the Split layers (1 found)",
      ])
  }

  @Test func `doubles stay doubles`() throws {
    let model = try read(
      input([1, 2]) + "layer { name: 'a' type: 'Scale' bottom: 'data' top: 'a' }",
      weights: "layer { name: 'a' blobs { shape { dim: 2 } double_data: [0.1, 0.2] } }")
    #expect(model.network.weights[0].tensor.elementType == .float64)
    #expect(model.network.weights[0].tensor.doubles == [0.1, 0.2])
  }
}

extension WeightTests {
  private func siamese(_ first: String, _ second: String, secondAxis: String = "") -> String {
    input([1, 2]) + """
      layer { name: 'a' type: 'Scale' bottom: 'data' top: 'a' \(first) }
      layer { name: 'b' type: 'Scale' bottom: 'data' top: 'b' \(second) scale_param { \(secondAxis) } }
      """
  }

  @Test func `weights of one name are one tensor`() throws {
    let definition = siamese("param { name: 'w' }", "param { name: 'w' }")
    let stored = "layer { name: 'a' \(blob([2])) } layer { name: 'b' \(blob([2])) }"
    let model = try read(definition, weights: stored)
    let tensors = model.network.nodes.compactMap(\.layer.weights.first?.tensor)
    #expect(tensors.count == 2)
    #expect(tensors[0].isIdentical(to: tensors[1]))
    #expect(model.network.weights.map(\.name) == ["a/scale"])
    #expect(
      model.provenance.ledger.entries.map { "\($0.source.object) > \($0.target)" }
        == ["a/blobs[0] > a/scale", "b/blobs[0] > b/scale"])
  }

  @Test func `a layer that stores nothing of its own borrows`() throws {
    let definition = siamese("param { name: 'w' }", "param { name: 'w' }")
    let model = try read(definition, weights: "layer { name: 'a' \(blob([2])) }")
    let tensors = model.network.nodes.compactMap(\.layer.weights.first?.tensor)
    #expect(tensors[0].isIdentical(to: tensors[1]))
    #expect(model.provenance.ledger.entries.map(\.target) == ["a/scale"])
  }

  @Test func `weights without a name are their own`() throws {
    let model = try read(
      siamese("param { lr_mult: 1 }", "param { lr_mult: 1 }"),
      weights: "layer { name: 'a' \(blob([2])) } layer { name: 'b' \(blob([2])) }")
    #expect(model.network.weights.map(\.name) == ["a/scale", "b/scale"])
  }

  @Test func `copies of a shared tensor must be equal`() {
    let definition = siamese("param { name: 'w' }", "param { name: 'w' }")
    let stored = "layer { name: 'a' \(blob([2])) } layer { name: 'b' \(blob([2], from: 2)) }"
    #expect(
      failure { try read(definition, weights: stored) }
        == "net.caffemodel: expected the weights of the definition: "
        + "b/blobs[0] differs from a/scale, with which it shares w")
  }

  @Test func `shapes of a shared tensor must agree unless they are permitted not to`() throws {
    let stored = "layer { name: 'a' \(blob([2])) } layer { name: 'b' \(blob([1, 2])) }"
    let axes = "axis: 0 num_axes: 2"
    #expect(
      failure {
        try read(
          siamese("param { name: 'w' }", "param { name: 'w' }", secondAxis: axes), weights: stored)
      } == "net.caffemodel: expected the weights of the definition: "
        + "b/scale of shape [1, 2] cannot share a/scale of shape [2]")
    let model = try read(
      siamese(
        "param { name: 'w' }", "param { name: 'w' share_mode: PERMISSIVE }", secondAxis: axes),
      weights: stored)
    let tensors = model.network.nodes.compactMap(\.layer.weights.first?.tensor)
    #expect(tensors.map(\.shape) == [[2], [1, 2]])
    #expect(tensors[0].elements.isIdentical(to: tensors[1].elements))
  }
}
