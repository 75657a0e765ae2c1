/// A trained network with all that is needed to use it and to know where it came from.
public struct Model: Sendable {
  /// The layers and weights.
  public var network: Network
  /// What is done to an image before it enters; nil where the source does not say.
  public var preprocessing: Preprocessing?
  /// The names of the classes in the order of the outputs; empty where unknown.
  public var labels: [String]
  /// Where the model came from.
  public var provenance: Provenance

  /// A model.
  public init(
    network: Network, preprocessing: Preprocessing? = nil, labels: [String] = [],
    provenance: Provenance
  ) {
    self.network = network
    self.preprocessing = preprocessing
    self.labels = labels
    self.provenance = provenance
  }
}

/// Where a model came from, without anything that depends on the machine: no folder, no time.
public struct Provenance: Sendable, Equatable {
  /// One file that was read.
  public struct SourceFile: Sendable, Equatable {
    /// The last component of its path.
    public var name: String
    /// Its size.
    public var byteCount: Int

    /// A file that was read.
    public init(name: String, byteCount: Int) {
      self.name = name
      self.byteCount = byteCount
    }
  }

  /// The source format and its dialect, for people: `caffe`, `caffe-v1`, `keras-3-channels-first`.
  public var format: String
  /// How images lie in the arrays that the source's framework takes and gives.
  public var arrayLayout: ArrayLayout
  /// The files that were read.
  public var files: [SourceFile]
  /// What the reader assumed, left out or repaired: one sentence each.
  public var notes: [String]
  /// Which source tensor became which weight.
  public var ledger: Ledger

  /// A provenance.
  public init(
    format: String, arrayLayout: ArrayLayout = .nchw, files: [SourceFile] = [],
    notes: [String] = [], ledger: Ledger = Ledger()
  ) {
    self.format = format
    self.arrayLayout = arrayLayout
    self.files = files
    self.notes = notes
    self.ledger = ledger
  }
}
