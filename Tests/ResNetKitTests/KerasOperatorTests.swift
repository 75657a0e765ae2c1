import Foundation
import ResNetKit
import TestSupport
import Testing

/// A model of Keras with what the Keras that wrote it computed.
struct KerasGolden {
  let model: Model
  let fixture: [(name: String, tensor: Tensor)]

  /// - Parameter golden: an archive of `input` and `output`, or of `x0` and `y0`.
  init(_ files: [String], golden: String) throws {
    model = try ModelFormats.read(try files.map { try InputFile(path: $0) }).model
    fixture = try NPZ.read(InputFile(path: golden)).map { name, tensor in
      (["x0": "input", "y0": "output"][name] ?? name, tensor)
    }
  }

  /// Whether both engines agree with the golden values on a model, which is this one or a copy.
  func check(_ copy: Model, _ what: String) throws {
    let fixture = try Fixture(arrays: fixture, for: copy)
    let scale = try RoundingScale(of: copy.network, inputs: fixture.inputs)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: copy.network, on: fixture, engine: engine, scale: scale)
      #expect(result.comparedCount == 1, "\(what)")
      #expect(
        result.passes, "\(what), \(engine): \(result.firstDiverging.map { "\($0)" } ?? "")")
    }
  }

  /// Checks the model, and what becomes of it in the native format and in both forms of Keras.
  func checkCopies() throws {
    try check(model, "as read")
    let folder = TemporaryFolder()
    let path = folder.path("model.resnet")
    try NativeFormat().write(model, to: try OutputFile(path: path, replacing: false))
    let native = try ModelFormats.read([try InputFile(path: path)]).model
    try check(native, "from the native format")
    for (form, copy) in try WrittenKerasModel(native).copies { try check(copy, "\(form)") }
  }
}

/// Functions instead of layers, in the three ways that Keras has written them: see
/// `fixtures/keras/make_operators.py`.
@Suite struct KerasOperatorTests {
  static let networks = [
    "arithmetic", "pieces", "attention", "caffe", "unit", "torch", "rescaling", "normalization",
  ]
  static let files =
    networks.flatMap { ["\($0).keras", "\($0).h5", "tf-\($0).h5"] } + ["graph-caffe.h5"]

  /// Class, kind and rate of what only matters in training.
  private static let training: [(name: String, kind: Layer.PassThrough.Kind, rate: Double?)] = [
    ("flip", .augmentation, nil), ("rotation", .augmentation, nil), ("zoom", .augmentation, nil),
    ("translation", .augmentation, nil), ("contrast", .augmentation, nil),
    ("brightness", .augmentation, nil), ("noise", .augmentation, nil),
    ("regularization", .augmentation, nil), ("spatial", .dropout, 0.3),
    ("gaussian", .dropout, 0.15), ("alpha", .dropout, 0.2), ("drop", .dropout, 0.35),
  ]

  @Test(arguments: ["training.keras", "tf-training.h5"])
  func `what only matters in training is kept on the way back`(_ file: String) throws {
    let golden = try Self.golden(file)
    try golden.checkCopies()
    let folder = TemporaryFolder()
    let path = folder.path("model.resnet")
    try NativeFormat().write(golden.model, to: try OutputFile(path: path, replacing: false))
    let native = try ModelFormats.read([try InputFile(path: path)]).model
    let copies = try WrittenKerasModel(native).copies
    for model in [golden.model, native] + copies.values {
      let layers = Dictionary(uniqueKeysWithValues: model.network.nodes.map { ($0.name, $0.layer) })
      for (name, kind, rate) in Self.training {
        guard case .passThrough(let layer)? = layers[name] else {
          Issue.record("expected \(name) as a layer for training")
          continue
        }
        #expect(layer.kind == kind && layer.rate == rate, "\(name)")
        #expect((layer.definition == nil) == (name == "drop"), "\(name)")
      }
    }
    guard
      case .passThrough(let zoom)? = native.network.nodes.first(where: { $0.name == "zoom" })?
        .layer
    else { return }
    #expect(zoom.definition?.contains("\"class_name\":\"RandomZoom\"") == true)
    #expect(zoom.definition?.contains("\"width_factor\":0.1") == true)
  }

  private static func golden(_ file: String) throws -> KerasGolden {
    let name = file.split(separator: ".")[0]
    return try KerasGolden(
      [Places.fixture("keras/operators/\(file)")],
      golden: Places.fixture("keras/operators/\(name).npz"))
  }

  @Test(arguments: files)
  func `operators compute what they do in Keras`(_ file: String) throws {
    let golden = try Self.golden(file)
    try golden.check(golden.model, "as read")
  }

  /// Keras has no layer for what 1 / x is.
  @Test(arguments: files.filter { !$0.contains("arithmetic") })
  func `operators become layers of the native format and of Keras`(_ file: String) throws {
    try Self.golden(file).checkCopies()
  }

  @Test(arguments: files.filter { !$0.contains("attention") && !$0.contains("pieces") })
  func `operators become layers of Caffe`(_ file: String) throws {
    let golden = try Self.golden(file)
    let copy = try WrittenModel(golden.model).copy
    // Images of Caffe have their channels first.
    #expect(copy.network.inputs.map(\.shape) == golden.model.network.inputs.map(\.shape))
    try golden.check(copy, "from Caffe")
  }

  @Test(arguments: ["caffe", "tf-caffe"])
  func `channels are turned round and shifted by one cut`(_ name: String) throws {
    let nodes = try Self.golden("\(name).h5").model.network.nodes
    #expect(
      nodes.prefix(6).map(\.layer.typeName) == [
        "input", "slice", "power", "power", "power", "concatenation",
      ])
  }
}

/// What people have, in the folder of real model files; skipped where `RESNET_TOOLKIT_DATA` names none.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
struct KerasCaseTests {
  private static func path(_ name: String) -> String { RealModelTests.data("cases/keras/\(name)") }

  @Test(arguments: [
    "op_relu.h5", "op_relu.keras", "op_addconst.h5", "t_add_op.h5", "op_add_bcast.h5",
    "op_l_mul_bcast.keras", "t_pre_resnet.h5", "pre_resnet.keras", "t_frozen.h5",
  ])
  func `a model with operators agrees with its Keras, also as a file of ours`(
    _ file: String
  ) throws {
    let name = file.split(separator: ".")[0]
    try KerasGolden([Self.path(file)], golden: Self.path("\(name).io.npz")).checkCopies()
  }

  @Test(arguments: ["half_policy.keras"])
  func `a policy is told and kept`(_ file: String) throws {
    let model = try ModelFormats.read([try InputFile(path: Self.path(file))]).model
    let policy = "float16"
    #expect(model.provenance.notes.contains { $0.contains("computes in \(policy)") })
    let written = try WrittenKerasModel(model)
    for (_, copy) in written.copies {
      #expect(copy.network.nodes.filter { !$0.inputs.isEmpty }.allSatisfy { $0.policy == policy })
    }
    let arrays = try NPZ.read(InputFile(path: Self.path("half_policy.io.npz")))
    let fixture = try Fixture(
      arrays: arrays.map { (["x0": "input", "y0": "output"][$0] ?? $0, $1) }, for: model)
    let scale = try RoundingScale(of: model.network, inputs: fixture.inputs)
    let result = try FixtureVerification(
      of: model.network, on: fixture, engine: .oracle, scale: scale)
    // Ten bits and some steps of the way.
    #expect(try #require(result.comparisons.last).deviation.maximum < 2e-3)
  }

  @Test(arguments: [
    ("subclass.keras", "subclass of Model computes is code"),
    ("subclass.weights.h5", "what it computes is code"),
    ("resizing.keras", "unsupported layers: resizing (Resizing)"),
  ])
  func `what cannot be read is named`(_ file: String, _ reason: String) throws {
    let input = try InputFile(path: Self.path(file))
    let error = #expect(throws: FormatError.self) { try ModelFormats.read([input]).model }
    #expect(error?.reason.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    // The tensors can be had all the same.
    #expect(try !KerasFormat().storedArrays(in: [input]).arrays.isEmpty)
  }

  @Test(arguments: [["t_multigpu.h5"], ["t_multigpu.w.h5", "t_multigpu_base.json"]])
  func `a model for several GPUs is the one that was copied`(_ files: [String]) throws {
    let inputs = try files.map { try InputFile(path: Self.path($0)) }
    let model = try ModelFormats.read(inputs).model
    #expect(model.network.name == "model_1")
    #expect(model.network.nodes[1].name == "conv2d_14")
    #expect(model.provenance.ledger.entries.count == 29)
    #expect(model.provenance.notes.contains { $0.hasPrefix("took the ") })
  }
}

/// What is left of a model without its definition.
@Suite struct KerasStoredArraysTests {
  @Test(arguments: [KerasFiles.Form.hdf5, .archive])
  func `no tensors are no success`(_ form: KerasFiles.Form) throws {
    let model = try Model.sample([1, 2, 4, 4], [Node("relu", .relu(.init()), inputs: ["data"])])
    let written = try WrittenKerasModel(model)
    let error = #expect(throws: FormatError.self) {
      try KerasFormat().storedArrays(in: [try InputFile(path: written.path(form))])
    }
    #expect(error?.reason.hasPrefix("expected tensors of floating-point numbers") == true)
    #expect(error?.kind == .badModel)
  }
}
