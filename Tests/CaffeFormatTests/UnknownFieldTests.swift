import ModelGraph
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Fields of forks that the schema does not have: those that cannot matter are notes, those that can
/// are errors unless they are named.
struct UnknownFieldTests {
  private func definition(_ layer: String) -> String {
    input([1, 3, 8, 8]) + "layer { name: 'c' bottom: 'data' top: 'c' \(layer) }"
  }

  @Test(arguments: [
    "type: 'Pooling' pooling_param { kernel_size: 2 } param { lr_mult: 1 lr_policy: 'x' }",
    "type: 'Pooling' pooling_param { kernel_size: 2 engine: MKL2017 }",
    "type: 'Pooling' pooling_param { kernel_size: 2 weight_filler { alpha: 0.2 } }",
    "type: 'Pooling' pooling_param { kernel_size: 2 } loss_param { new: 1 }",
    "type: 'Pooling' pooling_param { kernel_size: 2 } debug_info: true regularization_type: 'L1'",
  ])
  func `what only training needs is a note by itself`(layer: String) throws {
    let notes = try read(definition(layer)).provenance.notes
    #expect(notes.count == 1)
    #expect(
      notes[0].hasPrefix("left out fields unknown to the schema, which change nothing in use: "),
      "\(notes)")
  }

  @Test func `fields of layers that are left out are notes`() throws {
    let text =
      definition("type: 'TanH'")
        + """
        layer { name: 'l' type: 'SoftmaxWithLoss' bottom: 'c' bottom: 'label' new_param { x: 1 } }
        layer { name: 'x' type: 'Foo' bottom: 'c' top: 'x' foo_param { y: 1 } include { phase: TRAIN } }
        """
    let notes = try read(text).provenance.notes
    #expect(notes.count { $0.contains("new_param of LayerParameter at ") } == 1, "\(notes)")
    #expect(notes.count { $0.contains("foo_param of LayerParameter at ") } == 1, "\(notes)")
  }

  @Test func `what can matter is an error even beside another that is named`() throws {
    let layer = "type: 'Pooling' pooling_param { kernel_size: 2 hole: 2 shift: 1 } "
    #expect(
      failure { try read(definition(layer), ignoring: ["hole"]) }?
        .contains("unknown to the schema: shift of PoolingParameter at ") == true)
    let notes = try read(definition(layer), ignoring: ["hole", "PoolingParameter.shift"])
      .provenance.notes
    #expect(notes.count == 1 && notes[0].contains("as asked for: hole of"), "\(notes)")
  }

  @Test func `a layer that is not supported is told before its unknown parameter`() {
    let layer = "type: 'ROIAlign' roi_align_param { pooled_h: 7 }"
    #expect(
      failure { try read(definition(layer)) } == "net.prototxt: unsupported layers: c (ROIAlign)")
  }

  @Test func `a caffemodel that is the definition is judged like a text`() throws {
    func net(_ parameters: WireWriter, in message: UInt32) -> [UInt8] {
      var (layer, net) = (WireWriter(), WireWriter())
      for (number, text) in [(1, "p"), (2, "Pooling"), (3, "data"), (4, "p")] {
        layer.field(UInt32(number), bytes: Array(text.utf8))
      }
      layer.field(message, bytes: parameters.bytes)
      net.field(100, bytes: layer.bytes)
      return net.bytes
    }
    var pooling = WireWriter()
    pooling.field(2, varint: 2)
    pooling.field(77, varint: 1)
    let bytes = net(pooling, in: 121)
    let stored = try CaffeNet(binary: Bytes(bytes))
    let inference = try TestPhaseNet(stored, isFiltered: true)
    #expect(inference.unknownFields.map(\.description) == ["field 77 of PoolingParameter"])
    let fields = inference.unknownFields
    #expect(
      failure { try UnknownFields(fields, others: [], leavingOut: []) }
        == "unknown to the schema: field 77 of PoolingParameter; what may be left out, although it "
        + "can change the result, is named with --ignore-unknown-fields, as PoolingParameter.77")
    #expect(
      failure { try UnknownFields(fields, others: [], leavingOut: ["PoolingParameter.77"]) } == nil)
  }

  @Test func `both generations of layers in one text are told before their types`() {
    let text =
      definition("type: 'TanH'") + "layers { name: 'p' type: 'Softmax' bottom: 'c' top: 'p' }"
    #expect(
      failure { try read(text) }?.hasSuffix(
        ": expected layer as before, found layers: a definition with both, the present layer and the "
          + "layers of 2014, is read by no Caffe") == true)
  }
}
