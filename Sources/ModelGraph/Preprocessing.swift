public import TensorCore

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
  /// What the difference is multiplied by: one number for all channels, or one for each.
  public var scales: [Double]

  /// A recipe.
  public init(channelOrder: ChannelOrder? = nil, mean: Mean? = nil, scales: [Double] = [1]) {
    self.channelOrder = channelOrder
    self.mean = mean
    self.scales = scales
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
    if scales.count > 1 {
      parts.append("times \(scales)")
    } else if let scale = scales.first, scale != 1 {
      parts.append("times \(scale)")
    }
    return parts.isEmpty ? "none" : parts.joined(separator: ", ")
  }
}

extension Preprocessing {
  /// The recipes of published networks, by the names they have in Keras
  /// (keras/src/applications/imagenet_utils.py, `preprocess_input`).
  public enum Published: String, Sendable, CaseIterable {
    /// Blue first, minus the means of ImageNet: ResNets of 2015, and all from Caffe.
    case caffe
    /// From −1 to 1, red first: ResNet V2 of Keras.
    case tf
    /// Minus the means and over the deviations of ImageNet, red first: networks of torchvision.
    case torch
  }

  /// The recipe of published networks, for images of three channels.
  public init(_ published: Published) {
    switch published {
    case .caffe:
      self.init(channelOrder: .bgr, mean: .channels([103.939, 116.779, 123.68]))
    case .tf:
      self.init(channelOrder: .rgb, mean: .channels([127.5, 127.5, 127.5]), scales: [1 / 127.5])
    case .torch:
      // Of values from 0 to 1: means 0.485, 0.456, 0.406, deviations 0.229, 0.224, 0.225.
      self.init(
        channelOrder: .rgb, mean: .channels([123.675, 116.28, 103.53]),
        scales: [0.229, 0.224, 0.225].map { 1 / (255 * $0) })
    }
  }
}
