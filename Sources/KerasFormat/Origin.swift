internal import Files
internal import JSON
internal import ModelIO

/// Who wrote a file, as far as its tensors depend on it.
struct Origin: Sendable {
  /// What the last tensor of batch normalization is, which Keras 0 and 1 call `running_std`.
  enum Deviation: Sendable {
    /// The variance.
    case variance
    /// What the difference from the mean is divided by, once epsilon is added.
    case deviation
  }

  /// The major version of Keras: 0, 1, 2 or 3.
  var generation: Int
  /// Whether kernels are those of a convolution, and `same` padding is that of Theano: the same on
  /// both sides.
  var isTheano: Bool
  /// What the last tensor of batch normalization is.
  var deviation: Deviation
  /// What batch normalization adds to the variance where its settings do not say: the default of
  /// the version; nil where that is one of Keras 1, but not known which: up to 1.1 it was 1e-5.
  var defaultEpsilon: Double?
  /// What was assumed, one sentence each.
  var notes: [String] = []

  /// The name of the format in a provenance: `keras-2`.
  var formatName: String { "keras-\(generation)" }

  /// Decides by what the files say.
  ///
  /// - Parameters:
  ///   - stored: the tensors.
  ///   - definition: the definition, which may name version and backend too.
  ///   - fileName: the name of the file with the tensors; published files tell in it.
  /// - Throws: `FormatError` for a version or a backend that is none.
  init(
    _ stored: StoredWeights, definition: JSON?, fileName: String, options: ReadingOptions
  ) throws(FormatError) {
    let version = stored.version ?? definition?["keras_version"]?.text
    let major = try version.map(Origin.major)
    let backend = stored.backend ?? definition?["backend"]?.text
    switch stored.arrangement {
    case .numbers: generation = 0
    case .paths, .attributes: generation = major ?? 3
    case .names:
      // The version is in files since 1.0.7; up to then and in weights alone nothing names it.
      generation = min(max(major ?? 1, 1), 3)
    }
    defaultEpsilon = Origin.defaultEpsilon(generation, version)
    isTheano = false
    deviation = .variance
    let weights = stored.layers.flatMap(\.weights)
    // TensorFlow numbers the values of an operation, Theano's variables have plain names.
    let hasNumberedNames = weights.contains { $0.name.hasSuffix(":0") }
    try decideKernels(
      options.keras.kernels, backend: backend, hasNumberedNames: hasNumberedNames,
      fileName: fileName)
    guard generation < 2,
      generation == 0 || weights.contains(where: { $0.name.contains("running_std") })
    else { return }
    decideDeviation(
      options.keras.runningDeviation, version: version, isTensorFlow: hasNumberedNames)
  }

  /// Decides for a definition alone: what concerns tensors only is left at what it is today.
  ///
  /// - Throws: `FormatError` for a version or a backend that is none.
  init(definition: JSON, options: ReadingOptions) throws(FormatError) {
    let isNamed = definition["class_name"] != nil
    let version = try definition["keras_version"]?.text.map(Origin.major)
    generation =
      version.map { min(max($0, 1), 3) } ?? (isNamed ? definition["module"] == nil ? 2 : 3 : 0)
    defaultEpsilon = Origin.defaultEpsilon(generation, definition["keras_version"]?.text)
    isTheano = false
    deviation = .variance
    try decideKernels(
      options.keras.kernels,
      backend: definition["backend"]?.text ?? (generation == 0 ? "theano" : "tensorflow"),
      hasNumberedNames: false, fileName: "")
    notes = []
  }

  private static func defaultEpsilon(_ generation: Int, _ version: String?) -> Double? {
    guard generation < 2 else { return 1e-3 }
    guard generation == 1 else { return 1e-6 }
    guard let parts = version?.split(separator: "."), parts.count > 1 else { return nil }
    return ["0", "1"].contains(parts[1]) ? 1e-5 : 1e-3
  }

  private static func major(_ version: String) throws(FormatError) -> Int {
    guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 0 else {
      throw FormatError(
        at: .object("keras_version"), "expected a version like 2.1.6, found \(version)")
    }
    return major
  }

  /// Those that compute correlations; Theano is the only one that does not.
  private static let correlating: Set<String> = [
    "tensorflow", "cntk", "jax", "torch", "numpy", "openvino", "mxnet", "plaidml.keras.backend",
  ]

  private mutating func decideKernels(
    _ asked: KerasOptions.Kernels, backend: String?, hasNumberedNames: Bool, fileName: String
  ) throws(FormatError) {
    switch asked {
    case .convolution:
      isTheano = true
      notes.append("turned kernels by 180°, as was asked for")
      return
    case .correlation: return
    case .auto: break
    }
    if fileName.contains("th_kernels") || fileName.contains("tf_kernels") {
      isTheano = fileName.contains("th_kernels")
      notes.append(
        "the name of the file says whose the kernels are: \(isTheano ? "Theano" : "TensorFlow")'s")
    } else if let backend {
      isTheano = backend == "theano"
      guard isTheano || Self.correlating.contains(backend) else {
        throw FormatError(
          at: .object("backend"),
          "expected theano, tensorflow or another backend of Keras, found \(backend): whose kernels "
            + "they are can be said by --kernels")
      }
    } else if generation == 0 {
      isTheano = true
      notes.append("assumed Theano, since files before Keras 1 name no backend (--kernels)")
    } else if generation == 1 {
      isTheano = !hasNumberedNames
      notes.append(
        "the file names no backend: assumed \(isTheano ? "Theano" : "TensorFlow"), since names "
          + "of tensors end \(isTheano ? "without" : "in") \":0\" (--kernels)")
    }
    if isTheano {
      notes.append("turned kernels by 180°: Theano computes convolutions, others correlations")
    }
  }

  /// Up to 1.0.5 both backends kept the deviation, in 1.0.6 only Theano, later none.
  private mutating func decideDeviation(
    _ asked: KerasOptions.RunningDeviation, version: String?, isTensorFlow: Bool
  ) {
    switch asked {
    case .variance: deviation = .variance
    case .deviation: deviation = .deviation
    case .auto:
      if generation == 0 {
        deviation = .deviation
      } else if let version {
        let parts = version.split(separator: ".").map { Int($0) ?? 0 }
        let isOld = parts.starts(with: [1, 0]) && (parts.count > 2 ? parts[2] : 0) <= 6
        let isLastOne = parts == [1, 0, 6]
        deviation = isOld && !(isLastOne && isTensorFlow) ? .deviation : .variance
      } else {
        notes.append(
          "assumed that running_std is the variance, as from Keras 1.0.7 on; the file names no "
            + "version (--running-std)")
      }
    }
    if deviation == .deviation {
      notes.append("batch normalization divides by running_std + epsilon, as up to Keras 1.0.6")
    }
  }
}
