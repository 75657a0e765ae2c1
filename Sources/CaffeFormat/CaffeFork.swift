internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

/// The Caffes whose files differ in what batch normalization's tensors mean.
enum CaffeFork {
  /// Berkeley's: mean, variance and the factor both are to be divided by; scale and offset are a
  /// layer of their own.
  case bvlc
  /// NVIDIA's: mean and variance as they are; often scale and offset in the same layer. Facts from
  /// NVIDIA/caffe, src/caffe/layers/batch_norm_layer.cpp and `CopyTrainedLayersFrom` in net.cpp.
  case nvidia
}

extension CaffeFork {
  /// What in a file tells that NVIDIA's Caffe wrote it; empty if nothing does.
  static func evidence(in net: CaffeNet) -> [String] {
    var evidence: [String] = []
    // In half precision OpenCV's tool writes it too, for any Caffe.
    let raw = net.layers.filter { $0.blobs.contains { $0.isRaw && !$0.isHalf } }
    if let first = raw.first {
      evidence.append("raw_data in \(first.name)\(CaffeFork.more(raw.count))")
    }
    // Files that hold nothing but names and tensors do without types.
    let normalizations = net.layers.filter {
      ["BatchNorm", ""].contains($0.type) && $0.blobs.count == 5
    }
    if let first = normalizations.first {
      evidence.append("5 tensors of \(first.name)\(CaffeFork.more(normalizations.count))")
    }
    return evidence + net.forkFields.sorted().prefix(3)
  }

  private static func more(_ count: Int) -> String {
    count == 1 ? "" : " and \(count - 1) more layers"
  }

  /// Refuses a file that contradicts what the user says of it.
  static func check(
    _ net: CaffeNet, against asked: CaffeOptions.Dialect
  ) throws(FormatError) -> CaffeNet {
    let evidence = evidence(in: net)
    guard ![.bvlc, .ceilMode].contains(asked) || evidence.isEmpty else {
      throw FormatError(
        .badModel,
        "expected BVLC's dialect as --caffe-dialect says, found what only NVIDIA's Caffe writes: "
          + evidence.joined(separator: ", "))
    }
    return net
  }

  /// The fork the user asked for, or else the one the files tell of; with a note unless nothing
  /// tells of any.
  static func decide(
    _ asked: CaffeOptions.Dialect, _ nets: [CaffeNet]
  ) -> (fork: CaffeFork, note: String?) {
    switch asked {
    case .bvlc: return (.bvlc, "read as BVLC's dialect, as asked for")
    case .ceilMode: return (.bvlc, "read as BVLC's dialect with ceil_mode, as asked for")
    case .nvidia: return (.nvidia, "read as NVIDIA's dialect, as asked for")
    case .auto:
      var evidence: [String] = []
      for fact in nets.flatMap(Self.evidence) where !evidence.contains(fact) {
        evidence.append(fact)
      }
      guard !evidence.isEmpty else { return (.bvlc, nets.lazy.compactMap(halfNote).first) }
      return (.nvidia, "read as NVIDIA's dialect, because of \(evidence.joined(separator: ", "))")
    }
  }
}

extension CaffeFork {
  /// What to say of a file whose half precision does not tell who wrote it; nil for another.
  private static func halfNote(on net: CaffeNet) -> String? {
    let hasNormalization = net.layers.contains { $0.type == "BatchNorm" }
    guard hasNormalization, net.layers.contains(where: { $0.blobs.contains(where: \.isRaw) }) else {
      return nil
    }
    return
      "took raw_data in half precision for that of OpenCV's tool, which keeps BVLC's dialect; if "
      + "NVIDIA's Caffe wrote the file, read it with --caffe-dialect nvidia"
  }
}

extension CaffeBlob {
  fileprivate var isHalf: Bool { tensor.elementType == .float16 }
}

extension CaffeNet {
  /// Settles what field 13 of poolings is in a definition that was not read from a text.
  ///
  /// BVLC has Clip and Swish layers since it has round_mode; no branch with ceil_mode has them.
  mutating func settlePoolings(as asked: CaffeOptions.Dialect) {
    let isRecent = layers.contains { ["Clip", "Swish"].contains($0.type) }
    let field: PoolingParameters.RoundingField?
    switch asked {
    case .bvlc: field = .roundMode
    case .ceilMode: field = .ceilMode
    case .auto, .nvidia: field = isRecent ? .roundMode : nil
    }
    setRoundingField(field)
  }

  /// Takes field 13 of all poolings for one and the same.
  mutating func setRoundingField(_ field: PoolingParameters.RoundingField?) {
    for index in layers.indices {
      guard case .pooling(var parameters) = layers[index].operation else { continue }
      parameters.roundingField = field
      layers[index].operation = .pooling(parameters)
    }
  }

  /// The poolings of which nothing tells how they round.
  var undecidedPoolings: [String] {
    layers.filter { layer in
      guard case .pooling(let parameters) = layer.operation else { return false }
      return parameters.roundingValue != nil && parameters.roundingField == nil
    }.map(\.name)
  }

  /// Settles what the tensors of batch normalizations mean.
  ///
  /// - Parameters:
  ///   - stored: the layers of the caffemodel.
  ///   - bnStatistic: what the last tensor of a fork's BN layer is.
  /// - Returns: what was taken for something else than it says, one sentence each.
  mutating func settleBatchNormalizations(
    as fork: CaffeFork, stored: [CaffeLayer], bnStatistic: CaffeOptions.BNStatistic = .variance
  ) throws(FormatError) -> [String] {
    let blobs = Dictionary(
      stored.filter { !$0.blobs.isEmpty }.map { ($0.name, $0.blobs) },
      uniquingKeysWith: { first, _ in first })
    var clamped: [String] = []
    var ignored: [String] = []
    var doubtful: [String] = []
    var assumed: [String] = []
    for index in layers.indices {
      let name = layers[index].name
      let stored = blobs[name] ?? []
      if case .bn(let parameters) = layers[index].operation {
        layers[index].operation = try parameters.settled(
          tensorCount: stored.count, of: name, last: bnStatistic)
        if stored.count == 4, bnStatistic == .variance { assumed.append(name) }
      }
      guard case .batchNorm(var parameters) = layers[index].operation else { continue }
      guard parameters.layout == .statistics else { continue }
      switch fork {
      case .bvlc:
        if parameters.isDoubtful(stored) { doubtful.append(name) }
      case .nvidia:
        if parameters.settleForNVIDIA(stored) { clamped.append(name) }
        if parameters.isFactorUnused { ignored.append(name) }
      }
      layers[index].operation = .batchNorm(parameters)
    }
    let notes: [(text: String, layers: [String])] = [
      ("raised epsilon to 1e-05, as NVIDIA's Caffe does", clamped),
      (
        "took mean and variance as they are and their factor for 1, as NVIDIA's Caffe does",
        ignored
      ),
      (
        "took mean and variance for 0, because their factor is 0; if NVIDIA's Caffe wrote the file, "
          + "read it with --caffe-dialect nvidia",
        doubtful
      ),
      (
        "took the last tensor of BN layers for the variance, as today's forks have it; if an old "
          + "yjxiong/caffe wrote the file, read it with --bn-statistic inverse-deviation", assumed
      ),
    ]
    return notes.filter { !$0.layers.isEmpty }.map { text, layers in
      "\(text): \(listed(layers).joined(separator: ", "))"
    }
  }
}

extension BatchNormParameters {
  /// Whether BVLC's rule drops statistics that NVIDIA's Caffe would have stored like this.
  fileprivate func isDoubtful(_ stored: [CaffeBlob]) -> Bool {
    stored.count == 3 && stored.factor(in: .statistics) == 0
      && stored[...1].contains { $0.tensor.hasOtherThanZero }
  }

  /// Returns whether epsilon had to be raised.
  fileprivate mutating func settleForNVIDIA(_ stored: [CaffeBlob]) -> Bool {
    usesGlobalStatistics = nil  // It is not asked: a network in use takes what is stored.
    let hasScale = isScaled || stored.count == 5
    // Until version 0.15, for which DIGITS is known, scale and offset came first.
    let isScaleFirst = stored.count == 5 && stored[4].tensor.shape.elementCount == 1
    layout = isScaleFirst ? .scaleFirst : hasScale ? .statisticsFirst : .statistics
    fitsAnyShape = true
    // Until version 0.16.4 it was 0 and nothing was divided by it (NVIDIA/caffe issue 436); since
    // then it is 1. Another factor beside three tensors is that of a file by BVLC's Caffe, which
    // NVIDIA's divides by since version 0.17.1 (issue 512).
    if let factor = stored.factor(in: layout) {
      isFactorUnused = factor != 1 && (hasScale || factor == 0)
    }
    let least = Double(Float(1e-5))
    defer { epsilon = max(epsilon, least) }
    return epsilon < least
  }
}

extension Tensor {
  fileprivate var hasOtherThanZero: Bool {
    var isFound = false
    forEachElement { _, value in isFound = isFound || value != 0 }
    return isFound
  }
}

extension [CaffeBlob] {
  /// The value of batch normalization's factor; nil if there is none.
  fileprivate func factor(in layout: BatchNormParameters.Layout) -> Double? {
    guard let index = layout.roles.firstIndex(of: .factor), index < count,
      self[index].tensor.shape.elementCount == 1
    else { return nil }
    return self[index].tensor.doubles[0]
  }
}
