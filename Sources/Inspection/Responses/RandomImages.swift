public import ModelGraph
internal import ResNet
public import TensorCore

/// Images of noise, the same on every machine and in whatever batches they are asked for.
///
/// Where the model says what is done to pixels, they are uniform in 0…255 and go through that;
/// else they have mean 0 and variance 1.
public struct RandomImages: Sendable {
  /// The shapes of one image of each input, a batch of one.
  private let inputs: [(name: String, shape: Shape)]
  private let recipe: Preprocessing?
  private let seed: UInt64

  /// Images for a model.
  ///
  /// - Parameter shape: the extents of the input, instead of those of the definition, for a model of
  ///   one input.
  public init(for model: Model, shape: Shape? = nil, seed: UInt64) {
    self.init(
      for: model.network, recipe: model.preprocessing, shape: shape, seed: seed)
  }

  init(for network: Network, recipe: Preprocessing?, shape: Shape? = nil, seed: UInt64) {
    inputs = network.inputs.map { name, own in
      let extents = network.inputs.count == 1 ? shape ?? own : own
      return (name, extents.rank > 1 ? extents.replacing(0, by: 1) : extents)
    }
    self.recipe = inputs.count == 1 ? recipe : nil
    self.seed = seed
  }

  /// What they are, in words.
  public var description: String {
    recipe == nil
      ? "noise of mean 0 and variance 1"
      : "pixels uniform in 0 to 255, preprocessed as the model says"
  }

  /// Some of the images as a batch.
  public func batch(_ images: Range<Int>) -> [String: Tensor] {
    var batch: [String: Tensor] = [:]
    for (place, input) in inputs.enumerated() {
      let count = input.shape.elementCount
      let shape = input.shape.rank > 1 ? input.shape.replacing(0, by: images.count) : input.shape
      let means = recipe?.means(of: input.shape)
      batch[input.name] = Tensor(shape) { elements in
        for (index, image) in images.enumerated() where index * count < elements.count {
          var numbers = SplitMix64(seed: seed, tensor: image * inputs.count + place)
          for element in 0..<count {
            let number = numbers.uniform()
            elements[index * count + element] = Float(
              recipe.map { recipe in
                let channel =
                  element / max(input.shape.elementCount(from: min(2, input.shape.rank)), 1)
                return ((number + 1) * 127.5 - (means?[element] ?? 0)) * recipe.scale(of: channel)
              } ?? number * Self.unit)
          }
        }
      }
    }
    return batch
  }

  /// √3: numbers uniform from −√3 to √3 have variance 1.
  private static let unit = 3.0.squareRoot()
}

extension Preprocessing {
  /// What is subtracted from each element of an image; nil for nothing.
  fileprivate func means(of shape: Shape) -> [Double]? {
    let pixels = max(shape.elementCount(from: min(2, shape.rank)), 1)
    switch mean {
    case .channels(let means):
      guard !means.isEmpty else { return nil }
      return (0..<shape.elementCount).map { means[$0 / pixels % means.count] }
    case .image(let image):
      let means = image.doubles
      return means.isEmpty ? nil : (0..<shape.elementCount).map { means[$0 % means.count] }
    case nil: return nil
    }
  }

  fileprivate func scale(of channel: Int) -> Double {
    scales.isEmpty ? 1 : scales[channel % scales.count]
  }
}
