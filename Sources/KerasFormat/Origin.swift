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
  init(
    _ stored: StoredWeights, definition: JSON?, fileName: String, options: ReadingOptions
  ) {
    let version = stored.version ?? definition?["keras_version"]?.text
    let backend = stored.backend ?? definition?["backend"]?.text
    switch stored.arrangement {
    case .numbers: generation = 0
    case .paths, .attributes: generation = version.flatMap(Origin.major) ?? 3
    case .names:
      // The version is in files since 1.0.7; up to then and in weights alone nothing names it.
      generation = min(max(version.flatMap(Origin.major) ?? 1, 1), 3)
    }
    isTheano = false
    deviation = .variance
    let weights = stored.layers.flatMap(\.weights)
    // TensorFlow numbers the values of an operation, Theano's variables have plain names.
    let hasNumberedNames = weights.contains { $0.name.hasSuffix(":0") }
    decideKernels(
      options.keras.kernels, backend: backend, hasNumberedNames: hasNumberedNames,
      fileName: fileName)
    guard generation < 2,
      generation == 0 || weights.contains(where: { $0.name.contains("running_std") })
    else { return }
    decideDeviation(
      options.keras.runningDeviation, version: version, isTensorFlow: hasNumberedNames)
  }

  /// Decides for a definition alone: what concerns tensors only is left at what it is today.
  init(definition: JSON, options: ReadingOptions) {
    let isNamed = definition["class_name"] != nil
    let version = definition["keras_version"]?.text.flatMap(Origin.major)
    generation =
      version.map { min(max($0, 1), 3) } ?? (isNamed ? definition["module"] == nil ? 2 : 3 : 0)
    isTheano = false
    deviation = .variance
    decideKernels(
      options.keras.kernels,
      backend: definition["backend"]?.text ?? (generation == 0 ? "theano" : "tensorflow"),
      hasNumberedNames: false, fileName: "")
    notes = []
  }

  private static func major(_ version: String) -> Int? {
    version.split(separator: ".").first.flatMap { Int($0) }
  }

  private mutating func decideKernels(
    _ asked: KerasOptions.Kernels, backend: String?, hasNumberedNames: Bool, fileName: String
  ) {
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
