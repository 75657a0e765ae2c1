import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// From a definition to inputs, layers and names of values.
struct DefinitionTests {
  private let tanh = "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' } "

  /// The nodes of a network as `name(inputs)->outputs`.
  private func nodes(_ model: Model) -> [String] {
    model.network.nodes.map { node in
      let outputs = node.outputs == [node.name] ? "" : "->\(node.outputs.joined(separator: ","))"
      return "\(node.name)(\(node.inputs.joined(separator: ",")))\(outputs)"
    }
  }

  @Test(arguments: [
    "input: 'data' input_dim: [2, 3, 4, 5] ",
    "input: 'data' input_shape { dim: [2, 3, 4, 5] } ",
    "layer { name: 'in' type: 'Input' top: 'data' input_param { shape { dim: [2, 3, 4, 5] } } } ",
    "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: [2, 3, 4, 5] } } } ",
  ])
  func `an input is declared in any of Caffe's ways`(declaration: String) throws {
    let model = try read(declaration + tanh)
    #expect(nodes(model) == ["data()", "a(data)"])
    #expect(model.network.inputs[0].shape == [2, 3, 4, 5])
    #expect(model.provenance.format == "caffe")
    #expect(
      model.provenance.files == [
        .init(name: "net.prototxt", byteCount: (declaration + tanh).utf8.count)
      ])
  }

  @Test func `several inputs have their shapes in order`() throws {
    let sum = "layer { name: 's' type: 'Eltwise' bottom: 'x' bottom: 'y' top: 's' } "
    let dimensions = try read("input: ['x', 'y'] input_dim: [1, 2, 3, 4, 1, 2, 3, 4] " + sum)
    #expect(dimensions.network.inputs.map(\.name) == ["x", "y"])
    let shapes = try read(
      "input: ['x', 'y'] input_shape { dim: [1, 2] } input_shape { dim: [1, 2] } " + sum)
    #expect(shapes.network.inputs.map(\.shape) == [[1, 2], [1, 2]])
    let layer = try read(
      "layer { name: 'i' type: 'Input' top: ['x', 'y'] input_param { shape { dim: [7] } } } " + sum)
    #expect(layer.network.inputs.map(\.shape) == [[7], [7]])
  }

  @Test(arguments: [
    (
      "input: 'data' ",
      "net.prototxt: data: the definition gives no input shape: name one with --input-shape N,C,H,W"
    ),
    (
      "input: 'data' input_dim: [1, 2, 3] ",
      "net.prototxt: input_dim: expected 4 extents for each of 1 inputs, found 3"
    ),
    (
      "input: ['data', 'x'] input_shape { dim: 1 } ",
      "net.prototxt: input_shape: expected a shape for each of 2 inputs, found 1"
    ),
    (
      "input: 'data' input_dim: [1, 2, 0, 4] ",
      "net.prototxt: data: expected 1 to 32 extents of 1 or more that can be multiplied, found [1, 2, 0, 4]"
    ),
    (
      "input: 'data' input_dim: [1, -2, 3, 4] ",
      "net.prototxt: data: expected 1 to 32 extents of 1 or more that can be multiplied, found [1, -2, 3, 4]"
    ),
    (
      "input: 'data' input_shape { dim: [4611686018427387904, 4] } ",
      "net.prototxt: data: expected 1 to 32 extents of 1 or more that can be multiplied, found [4611686018427387904, 4]"
    ),
    (
      "input: 'data' input_shape { } ",
      "net.prototxt: data: expected 1 to 32 extents of 1 or more that can be multiplied, found []"
    ),
    (
      "layer { name: 'in' type: 'Input' top: 'data' input_param { shape { } shape { } } } ",
      "net.prototxt: in: expected one shape or one for each of 1 tops, found 2"
    ),
    (
      "input: 'other' input_dim: [1, 2, 3, 4] ",
      "net.prototxt: a: reads data, which no earlier layer writes"
    ),
  ])
  func `an input that is not fully declared is refused`(declaration: String, message: String) {
    #expect(failure { try read(declaration + tanh) } == message)
  }

  @Test func `the shape asked for outweighs the definition's`() throws {
    let model = try read(input([1, 2, 3, 4]) + tanh, inputShape: [5, 6])
    #expect(model.network.inputs[0].shape == [5, 6])
    #expect(
      failure {
        try read(
          "input: ['x', 'y'] layer { name: 's' type: 'Eltwise' bottom: ['x', 'y'] top: 's' }",
          inputShape: [5, 6])
      } == "net.prototxt: expected one input for the shape [5, 6], found x, y")
  }

  @Test func `a definition that says nothing of its input takes what is read first`() throws {
    let model = try read(tanh, inputShape: [1, 2])
    #expect(nodes(model) == ["data()", "a(data)"])
    #expect(model.provenance.notes == ["took data, which no layer writes, for the input"])
  }

  @Test(
    arguments: [
      (
        "type: 'MemoryData' memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }",
        [2, 3, 4, 5]
      ),
      ("type: 'DummyData' dummy_data_param { shape { dim: [6, 7] } shape { dim: 6 } }", [6, 7]),
      (
        "type: 'DummyData' dummy_data_param { num: 2 channels: 3 height: 4 width: 5 }",
        [2, 3, 4, 5]
      ),
      ("type: 'Data' transform_param { crop_size: 9 mean_value: [1, 2, 3] }", [1, 3, 9, 9]),
      ("type: 'Data' transform_param { crop_size: 9 force_gray: true }", [1, 1, 9, 9]),
      (
        "type: 'Data' transform_param { crop_size: 9 force_color: true mean_value: 1 }",
        [1, 3, 9, 9]
      ),
      ("type: 'ImageData' image_data_param { new_height: 8 new_width: 9 }", [1, 3, 8, 9]),
      (
        "type: 'ImageData' image_data_param { new_height: 8 new_width: 9 is_color: false } transform_param { crop_size: 7 }",
        [1, 1, 7, 7]
      ),
      ("type: 'WindowData' transform_param { crop_size: 7 }", [1, 3, 7, 7]),
    ] as [(String, [Int])])
  func `a data layer becomes the input with the shape it tells`(
    layer: String, shape: [Int]
  ) throws {
    let model = try read("layer { name: 'loader' top: ['data', 'label'] \(layer) } " + tanh)
    #expect(nodes(model) == ["data()", "a(data)"])
    #expect(model.network.inputs[0].shape.dimensions == shape)
  }

  @Test(arguments: [
    "type: 'Data' transform_param { crop_size: 9 }", "type: 'Data' data_param { batch_size: 3 }",
    "type: 'Data' transform_param { crop_size: 9 mean_value: 5 }", "type: 'HDF5Data'",
    "type: 'ImageData'", "type: 'Data' transform_param { mean_value: [1, 2, 3] }",
  ])
  func `a data layer that does not tell the shape asks for it`(layer: String) throws {
    let text = "layer { name: 'loader' top: ['data', 'label'] \(layer) } " + tanh
    #expect(
      failure { try read(text) }
        == "net.prototxt: data: the definition gives no input shape: name one with --input-shape N,C,H,W"
    )
    #expect(try read(text, inputShape: [1, 3, 4, 4]).network.inputs[0].shape == [1, 3, 4, 4])
  }

  @Test func `data, losses and metrics are left out`() throws {
    let model = try read(
      """
      layer { name: 'd' type: 'Data' top: 'data' top: 'label' include { phase: TRAIN } }
      layer { name: 'd' type: 'DummyData' top: 'data' top: 'label' include { phase: TEST }
        dummy_data_param { shape { dim: [1, 4] } } }
      \(tanh)
      layer { name: 'lab' type: 'Slice' bottom: 'label' top: 'l1' top: 'l2' }
      layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'a' bottom: 'l1' top: 'loss' }
      layer { name: 'scaled' type: 'Power' bottom: 'loss' top: 'scaled' }
      layer { name: 'mine' type: 'SmoothL1Loss' bottom: 'a' bottom: 'l2' top: 'm' loss_weight: 2 }
      layer { name: 'acc' type: 'Accuracy' bottom: 'a' bottom: 'label' top: 'acc' }
      layer { name: 'hush' type: 'Silence' bottom: 'l2' }
      layer { name: 'out' type: 'HDF5Output' bottom: 'a' }
      layer { name: 'prob' type: 'Softmax' bottom: 'a' top: 'prob' }
      """)
    #expect(nodes(model) == ["data()", "a(data)", "prob(a)"])
    #expect(
      model.provenance.notes == [
        "left out for inference: d (Data), lab (Slice), loss (SoftmaxWithLoss), scaled (Power), "
          + "mine (SmoothL1Loss), acc (Accuracy), hush (Silence), out (HDF5Output)"
      ])
  }

  @Test func `an input that only losses read is left out`() throws {
    let model = try read(
      input([1, 4]) + "input: 'label' input_shape { dim: 1 }" + tanh
        + "layer { name: 'l' type: 'EuclideanLoss' bottom: 'a' bottom: 'label' top: 'l' }")
    #expect(nodes(model) == ["data()", "a(data)"])
    #expect(
      model.provenance.notes
        == ["left out for inference: l (EuclideanLoss), label (input nobody reads)"])
  }

  @Test(arguments: [
    ("include { phase: TEST }", true), ("include { phase: TRAIN }", false),
    ("include { phase: TRAIN } include { phase: TEST }", true),
    ("exclude { phase: TEST }", false), ("exclude { phase: TRAIN }", true),
    ("include { }", true), ("exclude { }", false),
    ("include { min_level: 0 max_level: 0 }", true), ("include { min_level: 1 }", false),
    ("include { max_level: -1 }", false), ("exclude { min_level: 1 }", true),
    ("include { stage: 'deploy' }", true), ("include { stage: 'val' }", false),
    ("include { stage: 'deploy' stage: 'val' }", false),
    ("include { not_stage: 'deploy' }", false), ("include { not_stage: 'val' }", true),
    ("include { phase: TEST stage: 'val' }", false), ("phase: TEST", true),
    ("phase: TRAIN", true),
  ])
  func `rules are judged for testing at level zero`(rules: String, stays: Bool) throws {
    let model = try read(
      "state { stage: 'deploy' } " + input([1, 4]) + tanh
        + "layer { name: 'b' type: 'Sigmoid' bottom: 'a' top: 'b' \(rules) }")
    #expect(nodes(model) == ["data()", "a(data)"] + (stays ? ["b(a)"] : []))
  }

  @Test func `include and exclude rules together are refused`() {
    let text = input([1, 4]) + "layer { name: 'b' type: 'TanH' include { } exclude { } }"
    #expect(
      failure { try read(text) }
        == "net.prototxt: b: expected include or exclude rules, found both")
  }

  @Test func `a definition that says TRAIN everywhere is taken whole`() throws {
    let model = try read(
      "layer { name: 'in' type: 'Input' top: 'data' phase: TRAIN input_param { shape { dim: 3 } } }"
        + "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' phase: TRAIN }")
    #expect(nodes(model) == ["data()", "a(data)"])
  }

  @Test func `values are named by their layers`() throws {
    let model = try read(
      input([1, 4]) + """
        layer { name: 'first' type: 'TanH' bottom: 'data' top: 'x' }
        layer { name: 'second' type: 'ReLU' bottom: 'x' top: 'x' }
        layer { name: 'drop' type: 'Dropout' bottom: 'x' top: 'x' }
        layer { name: 'sum' type: 'Eltwise' bottom: 'x' bottom: 'data' top: 'y' }
        layer { name: 'third' type: 'Sigmoid' bottom: 'x' top: 'z' }
        layer { name: 'data2' type: 'ReLU' bottom: 'data' top: 'data' }
        layer { name: 'last' type: 'TanH' bottom: 'data' top: 'last' }
        """)
    #expect(
      nodes(model) == [
        "data()", "first(data)", "second(first)", "drop(second)", "sum(drop,data)", "third(drop)",
        "data2(data)", "last(data2)",
      ])
    #expect(model.network.outputs == ["sum", "third", "last"])
  }

  @Test func `splits are undone`() throws {
    let model = try read(
      input([1, 4]) + """
        layer { name: 'data_input_0_split' type: 'Split' bottom: 'data' top: 'd0' top: 'd1' }
        layer { name: 'a' type: 'TanH' bottom: 'd0' top: 'd0' }
        layer { name: 'b' type: 'Eltwise' bottom: 'd0' bottom: 'd1' top: 'b' }
        """)
    #expect(nodes(model) == ["data()", "a(data)", "b(a,data)"])
    #expect(model.provenance.notes == ["undid the Split layers (1 found)"])
  }

  @Test func `the values of a slice are named by its tops`() throws {
    let model = try read(
      input([1, 4]) + """
        layer { name: 'cut' type: 'Slice' bottom: 'data' top: 'cut' top: 'b' top: 'c' top: 'd' }
        layer { name: 'b' type: 'TanH' bottom: 'b' top: 'b' }
        layer { name: 'again' type: 'Concat' bottom: 'b' bottom: 'cut' bottom: 'd' top: 'e' }
        """)
    #expect(
      nodes(model) == [
        "data()", "cut(data)->cut_2,b_2,c,d", "b(b_2)", "again(b,cut_2,d)",
      ])
    #expect(
      model.provenance.notes == [
        "renamed the value cut to cut_2, because a layer has its name",
        "renamed the value b to b_2, because a layer has its name",
        "no layer reads what these make, it leaves the network before the end: cut (slice)",
      ])
  }

  @Test func `an input with the name of a layer is renamed`() throws {
    let model = try read(
      input([1, 4]) + "layer { name: 'data' type: 'TanH' bottom: 'data' top: 'data' }"
        + "layer { name: 'b' type: 'TanH' bottom: 'data' top: 'b' }")
    #expect(nodes(model) == ["data_2()", "data(data_2)", "b(data)"])
    #expect(
      model.provenance.notes == ["renamed the input data to data_2, because a layer has its name"])
  }

  @Test(arguments: [
    (
      "layer { name: 'b' type: 'TanH' bottom: 'nowhere' top: 'b' }",
      "net.prototxt: b: reads nowhere, which no earlier layer writes"
    ),
    (
      "layer { name: 'b' type: 'TanH' bottom: 'b' top: 'b' }",
      "net.prototxt: b: reads b, which no earlier layer writes"
    ),
    (
      "layer { name: 'b' type: 'TanH' bottom: 'data' top: 'a' }",
      "net.prototxt: b: writes a, which an earlier layer writes already"
    ),
    (
      "layer { name: 'b' type: 'Eltwise' bottom: 'data' bottom: 'a' top: 'a' }",
      "net.prototxt: b: writes a, which an earlier layer writes already"
    ),
    (
      "layer { name: 'b' type: 'Split' bottom: 'data' top: 'a' top: 'c' }",
      "net.prototxt: b: writes a, which an earlier layer writes already"
    ),
    (
      "layer { name: 'w' type: 'PReLU' bottom: 'a' top: 'a' } "
        + "layer { name: 'w' type: 'PReLU' bottom: 'a' top: 'a' }",
      "net.prototxt: expected different names for all layers, found again: w"
    ),
    (
      "layer { type: 'TanH' bottom: 'a' top: 'b' }",
      "net.prototxt: a TanH layer that writes b: expected a name, found none"
    ),
    (
      "layer { name: 'roi' type: 'ROIPooling' bottom: 'a' top: 'roi' } "
        + "layer { name: 'x' type: 'Python' bottom: 'roi' bottom: 'a' top: 'x' } ",
      "net.prototxt: unsupported layers: roi (ROIPooling), x (Python)"
    ),
    (
      "layer { name: 'n' bottom: 'a' top: 'n' } ",
      "net.prototxt: unsupported layers: n ()"
    ),
    (
      "layer { name: 'w' type: 'Scale' bottom: 'a' top: 'w' \(blob([4])) } ",
      "net.prototxt: layer 2: expected a definition without tensors, found 1"
    ),
  ])
  func `a definition that is not sound is refused`(layers: String, message: String) {
    #expect(failure { try read(input([1, 4]) + tanh + layers) } == message)
  }

  @Test func `a definition without layers is refused`() {
    #expect(
      failure { try read(input([1, 4])) }
        == "net.prototxt: expected layers that compute something, found none")
    #expect(
      failure { try read("name: 'x'") }
        == "net.prototxt: expected layers that compute something, found none")
    #expect(
      failure { try read(nil) } == "expected a definition or a caffemodel beside it, found neither")
  }

  @Test func `a broken tensor in a definition has no offset nobody can look up`() {
    let text = input([1, 4]) + "layer { name: 'w' blobs { data: 1 shape { dim: 2 } } }"
    #expect(
      failure { try read(text) }
        == "net.prototxt: expected 2 elements for the shape [2], found 1")
  }
}
