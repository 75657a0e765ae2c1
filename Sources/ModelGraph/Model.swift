public import TensorCore

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

/// What is done to an image of 0…255 before it enters: `(pixel − mean) · scale`, channel by channel.
public struct Preprocessing: Sendable {
  /// The order of the colour channels.
  public enum ChannelOrder: String, Sendable, CaseIterable {
    /// Red first.
    case rgb
    /// Blue first.
    case bgr
  }

  /// What is subtracted.
  public enum Mean: Sendable {
    /// One number for each channel.
    case channels([Double])
    /// One number for each channel and pixel.
    case image(Tensor)  // [channels, height, width]
  }

  /// The order of the colour channels; nil where the source does not say.
  public var channelOrder: ChannelOrder?
  /// What is subtracted; nil for nothing.
  public var mean: Mean?
  /// What the difference is multiplied by.
  public var scale: Double

  /// A recipe.
  public init(channelOrder: ChannelOrder? = nil, mean: Mean? = nil, scale: Double = 1) {
    self.channelOrder = channelOrder
    self.mean = mean
    self.scale = scale
  }
}

extension Preprocessing: CustomStringConvertible {
  /// `BGR, minus a mean image [3, 224, 224], times 0.0078125`.
  public var description: String {
    var parts: [String] = []
    if let channelOrder { parts.append(channelOrder.rawValue.uppercased()) }
    switch mean {
    case .channels(let means): parts.append("minus \(means)")
    case .image(let image): parts.append("minus a mean image \(image.shape)")
    case nil: break
    }
    if scale != 1 { parts.append("times \(scale)") }
    return parts.isEmpty ? "none" : parts.joined(separator: ", ")
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

  /// The source format and its dialect: `caffe`, `caffe-v1`.
  public var format: String
  /// The files that were read.
  public var files: [SourceFile]
  /// What the reader assumed, left out or repaired: one sentence each.
  public var notes: [String]
  /// Which source tensor became which weight.
  public var ledger: Ledger

  /// A provenance.
  public init(
    format: String, files: [SourceFile] = [], notes: [String] = [], ledger: Ledger = Ledger()
  ) {
    self.format = format
    self.files = files
    self.notes = notes
    self.ledger = ledger
  }
}
