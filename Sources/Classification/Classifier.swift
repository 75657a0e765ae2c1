public import ModelGraph
public import Runtime
public import TensorCore

/// Runs a network over looks at images, and says which classes they are of.
///
/// One caller at a time: it is not Sendable.
public final class Classifier {
  /// What is run.
  public let network: ClassifyingNetwork
  /// What is averaged of several looks at one image.
  public let averaging: Averaging
  private let inputName: String
  private let session: Session
  private let definition: SlidingDefinition?

  /// A classifier for one network with one input.
  ///
  /// - Parameter sliding: how images larger than the network was trained on are looked at; nil for
  ///   images of its own size.
  /// - Throws: `NetworkError` for a network that gives no scores or cannot slide, and where the
  ///   system gives no memory or no threads.
  public init(
    _ network: Network, options: ExecutionOptions = ExecutionOptions(),
    averaging: Averaging = .probabilities, sliding: SlidingDefinition? = nil
  ) throws(NetworkError) {
    self.network = try ClassifyingNetwork(network)
    self.averaging = averaging
    definition = sliding
    guard let input = network.inputs.first, network.inputs.count == 1 else {
      throw NetworkError("expected one input, found \(network.inputs.count)")
    }
    inputName = input.name
    let runs =
      if let sliding { try self.network.network.sliding(sliding) } else { self.network.network }
    session = try Session(runs, options: options)
  }

  /// The scores of images, each of which is looked at `lookCount` times, one after the other.
  ///
  /// - Parameter looks: `[images · lookCount, channels, height, width]`
  /// - Throws: `NetworkError` for an input that does not fit.
  public func scores(of looks: Tensor, lookCount: Int = 1) throws(NetworkError) -> [ClassScores] {
    precondition(looks.shape[0] % lookCount == 0, "\(looks.shape) by \(lookCount)")
    let all = try run(looks)
    return stride(from: 0, to: all.count, by: lookCount).map { start in
      mean(Array(all[start..<start + lookCount]))
    }
  }

  /// The scores of one image in several sizes.
  ///
  /// - Parameter scales: `[1, channels, height, width]` each.
  /// - Throws: `NetworkError` for an input that is too small for the network.
  public func scores(ofScales scales: [Tensor]) throws(NetworkError) -> ClassScores {
    var looks: [Look] = []
    for scale in scales { looks += try run(scale) }
    return mean(looks)
  }

  private func run(_ input: Tensor) throws(NetworkError) -> [Look] {
    let outputs = try session.run([inputName: input])
    guard let output = outputs[network.output] else {
      throw NetworkError("the network made no \(network.output)")
    }
    let (count, classes) = (output.shape[0], network.classCount)
    let placeCount = output.shape.elementCount / (count * classes)
    guard count == input.shape[0], placeCount > 0 else {
      throw NetworkError("the output is \(output.shape) for an input of \(input.shape)")
    }
    let values = output.doubles
    return (0..<count).map { image in
      let places = (0..<placeCount).map { place in
        (0..<classes).map { values[(image * classes + $0) * placeCount + place] }
      }
      // Where there is one place, both definitions are the same.
      return definition == .denseProbabilities && network.endsInSoftmax
        ? .averaged(average(places.map(softmax))) : .logits(average(places))
    }
  }

  private func mean(_ looks: [Look]) -> ClassScores {
    guard network.endsInSoftmax else {
      return ClassScores(average(looks.map(\.numbers)), areProbabilities: false)
    }
    let values =
      switch averaging {
      case .probabilities: average(looks.map(\.probabilities))
      case .logits: softmax(average(looks.map(\.numbers)))
      }
    return ClassScores(values, areProbabilities: true)
  }

  private func average(_ lists: [[Double]]) -> [Double] {
    guard lists.count > 1 else { return lists[0] }
    return lists[0].indices.map { index in
      lists.reduce(0) { $0 + $1[index] } / Double(lists.count)
    }
  }
}

/// What one look says: its logits, or the probabilities that were averaged over places.
private enum Look {
  case logits([Double])
  case averaged([Double])

  /// What is averaged of logits; the logarithms of probabilities, which are logits as well.
  var numbers: [Double] {
    switch self {
    case .logits(let values): values
    case .averaged(let values): values.map { $0.naturalLogarithm }
    }
  }

  var probabilities: [Double] {
    switch self {
    case .logits(let values): softmax(values)
    case .averaged(let values): values
    }
  }
}
