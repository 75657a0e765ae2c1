internal import CModelSchemas
internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf

// The dialect of 2013 (V0): one message holds the parameters of all types, and padding is a layer of
// its own. It is upgraded by the rules of BVLC/caffe, src/caffe/util/upgrade_proto.cpp; what Caffe
// drops without a word is refused here or noted.
extension CaffeNet {
  /// The layers of a V0 definition in present terms, padding layers folded into their readers.
  ///
  /// - Parameter connections: the members of `layers`, of which at least one holds a V0 layer.
  static func upgradedLayers(
    _ connections: [UnsafeMutablePointer<Caffe__V1LayerParameter>], of message: NetMessage,
    _ unknownFields: [Int: [UnknownField]], notes: inout [String]
  ) throws(FormatError) -> [CaffeLayer] {
    var layers: [CaffeLayer] = []
    var paddings = V0Paddings()
    var misplaced: [String] = []
    for (index, connection) in connections.enumerated() {
      let place = FormatError.Location.object("layer \(index + 1)")
      guard let v0 = connection.pointee.layer?.pointee else {
        throw FormatError(
          at: place,
          "expected a layer of V0 as the others are, found one of V1: layers { layer { … } } and "
            + "layers { type: … } cannot be mixed")
      }
      try checkFields(message.layerFields[index], at: place)
      var bottoms = texts(connection.pointee.bottom, connection.pointee.n_bottom)
      let tops = texts(connection.pointee.top, connection.pointee.n_top)
      let padding = try paddings.fold(into: v0, &bottoms, at: place)
      try paddings.overwrite(tops)
      if text(v0.type) == "padding" {
        try paddings.add(index, width: Int(v0.pad), bottoms, tops)
      } else {
        var layer = try CaffeLayer(v0, padding: padding, at: place)
        let parameters = v0.misplacedParameters
        if !parameters.isEmpty {
          misplaced.append("\(parameters.joined(separator: ", ")) of \(layer.name)")
        }
        (layer.bottoms, layer.tops) = (bottoms, tops)
        layer.blobs = message.blobs[index]
        layer.unknownFields = unknownFields[index] ?? []
        layers.append(layer)
      }
    }
    try paddings.finish()
    notes += paddings.notes
    if !misplaced.isEmpty {
      notes.append(
        "left out what layers of their type do not have: \(listed(misplaced).joined(separator: "; "))"
      )
    }
    return layers
  }

  /// Refuses what belongs to V1 beside a V0 layer; Caffe drops it.
  private static func checkFields(
    _ numbers: Set<UInt32>, at place: FormatError.Location
  ) throws(FormatError) {
    var connection = Caffe__V1LayerParameter()
    caffe__v1_layer_parameter__init(&connection)
    let schema = MessageSchema(of: connection.base)
    let known: Set<UInt32> = [1, 2, 3]  // layer, bottom, top
    let others = numbers.subtracting(known).sorted().compactMap { schema.field(numbered: $0)?.name }
    guard others.isEmpty else {
      throw FormatError(
        at: place,
        "expected only bottom and top beside a V0 layer, found "
          + listed(others).joined(separator: ", "))
    }
  }
}

extension CaffeLayer {
  /// A V0 layer without its blobs and connections.
  ///
  /// - Parameter padding: the width of a padding layer before it, which outweighs its own.
  fileprivate init(
    _ layer: Caffe__V0LayerParameter, padding: Int?, at place: FormatError.Location
  ) throws(FormatError) {
    let old = text(layer.type)
    guard let type = CaffeLayer.presentNames[old] else {
      throw FormatError(at: place, "expected a type of V0, found \(quoted(old))")
    }
    self.init(
      name: text(layer.name), type: type,
      operation: CaffeOperation(type: type, layer, padding: padding), bottoms: [], tops: [])
  }

  /// The types of V0 and their present names.
  private static let presentNames = [
    "accuracy": "Accuracy", "bnll": "BNLL", "concat": "Concat", "conv": "Convolution",
    "data": "Data", "dropout": "Dropout", "euclidean_loss": "EuclideanLoss", "flatten": "Flatten",
    "hdf5_data": "HDF5Data", "hdf5_output": "HDF5Output", "im2col": "Im2col",
    "images": "ImageData", "infogain_loss": "InfogainLoss", "innerproduct": "InnerProduct",
    "lrn": "LRN", "multinomial_logistic_loss": "MultinomialLogisticLoss", "pool": "Pooling",
    "relu": "ReLU", "sigmoid": "Sigmoid", "softmax": "Softmax", "softmax_loss": "SoftmaxWithLoss",
    "split": "Split", "tanh": "TanH", "window_data": "WindowData",
  ]
}

extension CaffeOperation {
  /// What a V0 layer does.
  fileprivate init(type: String, _ layer: Caffe__V0LayerParameter, padding: Int?) {
    // What V0 does not say has the present default.
    self.init(type: type, ParameterMessages())
    let ownPad = layer.has_pad != 0 ? Int(layer.pad) : nil
    let pad = WindowParameter(sides: (padding ?? ownPad).map { [$0] } ?? [])
    let kernel = WindowParameter(sides: layer.has_kernelsize != 0 ? [Int(layer.kernelsize)] : [])
    let stride = WindowParameter(sides: layer.has_stride != 0 ? [Int(layer.stride)] : [])
    switch self {
    case .convolution(var parameters):
      parameters.outputCount = Int(layer.num_output)
      parameters.hasBias = layer.biasterm != 0
      (parameters.kernel, parameters.stride, parameters.padding) = (kernel, stride, pad)
      parameters.groups = Int(layer.group)
      self = .convolution(parameters)
    case .pooling(var parameters):
      parameters.kind =
        switch layer.pool {
        case CAFFE__V0_LAYER_PARAMETER__POOL_METHOD__MAX: .maximum
        case CAFFE__V0_LAYER_PARAMETER__POOL_METHOD__AVE: .average
        default: nil
        }
      (parameters.kernel, parameters.stride, parameters.padding) = (kernel, stride, pad)
      self = .pooling(parameters)
    case .innerProduct(var parameters):
      parameters.outputCount = Int(layer.num_output)
      parameters.hasBias = layer.biasterm != 0
      self = .innerProduct(parameters)
    case .lrn:
      self = .lrn(
        Layer.LocalResponseNormalization(
          size: Int(layer.local_size), alpha: Double(layer.alpha), beta: Double(layer.beta),
          k: Double(layer.k)))
    case .concat:
      let axis = layer.has_concat_dim != 0 ? Int(layer.concat_dim) : nil
      self = .concat(axis: AxisChoice(legacyAxis: axis))
    case .data(var parameters):
      parameters.transform = DataParameters.Transform(
        scale: Double(layer.scale), meanFile: layer.meanfile.map { String(cString: $0) },
        cropSize: Int(layer.cropsize))
      if type == "ImageData", layer.new_height > 0, layer.new_width > 0 {
        parameters.size = Extent(height: Int(layer.new_height), width: Int(layer.new_width))
      }
      self = .data(parameters)
    case .dropout: self = .dropout(ratio: decimal(layer.dropout_ratio))
    case .input, .loss, .sink, .split, .axpy, .bn, .affine, .batchNorm, .scale, .bias, .relu, .clip,
      .prelu,
      .elu, .sigmoid, .tanh, .power, .eltwise, .slice, .flatten, .reshape, .softmax, .unsupported:
      break
    }
  }
}

extension Caffe__V0LayerParameter {
  /// The parameters given that the layer's type does not have, among those that change what a layer
  /// computes; Caffe goes on without them.
  fileprivate var misplacedParameters: [String] {
    let type = text(type)
    let parameters: [(name: String, isGiven: Bool, types: Set<String>)] = [
      ("num_output", has_num_output != 0, ["conv", "innerproduct"]),
      ("biasterm", has_biasterm != 0, ["conv", "innerproduct"]),
      ("pad", has_pad != 0, ["conv", "pool", "padding"]),
      ("kernelsize", has_kernelsize != 0, ["conv", "pool"]),
      ("group", has_group != 0, ["conv"]),
      ("stride", has_stride != 0, ["conv", "pool"]),
      ("pool", has_pool != 0, ["pool"]),
      ("dropout_ratio", has_dropout_ratio != 0, ["dropout"]),
      ("local_size", has_local_size != 0, ["lrn"]),
      ("alpha", has_alpha != 0, ["lrn"]),
      ("beta", has_beta != 0, ["lrn"]),
      ("k", has_k != 0, ["lrn"]),
      ("new_height", has_new_height != 0, ["images"]),
      ("new_width", has_new_width != 0, ["images"]),
      ("concat_dim", has_concat_dim != 0, ["concat"]),
    ]
    return parameters.filter { $0.isGiven && !$0.types.contains(type) }.map(\.name)
  }
}
