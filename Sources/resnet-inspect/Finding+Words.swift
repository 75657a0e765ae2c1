import ResNetKit

extension NetworkDifference.Finding {
  /// The finding as a sentence.
  var words: String {
    switch self {
    case .same(let isRewritten):
      return "no difference: the same network with the same weights"
        + (isRewritten ? ", written in another way" : "")
    case .missing(let layers, let inSecond):
      let (here, there) = inSecond ? ("first", "second") : ("second", "first")
      return "\(Self.count(layers.count, "layer")) of the \(here) "
        + "\(layers.count == 1 ? "is" : "are") not in the \(there): \(Self.list(layers))"
    case .reduced(let layer, let removed, let count):
      return "\(layer): \(removed.count) of \(count) output channels are removed in the second "
        + "(\(Self.list(removed.map(String.init)))), the others have the same weights"
    case .reshaped(let layers):
      return "the weights of \(Self.count(layers.count, "layer")) have other shapes: "
        + Self.list(layers)
    case .settings(let layers):
      return
        "\(Self.count(layers.count, "layer")) \(layers.count == 1 ? "is" : "are") set otherwise: "
        + Self.list(layers)
    case .exchanged(let a, let b): return "\(a) and \(b) are exchanged: each has the other's kernel"
    case .moved(let layer, let from): return "\(layer) has the kernel of \(from) of the first"
    case .permuted(let layer, let channels, let count):
      if channels.count == 2 {
        return
          "\(layer): output channels \(channels[0]) and \(channels[1]) of \(count) are exchanged"
      }
      return "\(layer): \(channels.count) of \(count) output channels are in another order"
    case .unordered(let layers):
      return
        "\(Self.list(layers)) \(layers.count == 1 ? "does" : "do") not follow the order of the "
        + "channels before: the networks compute different things"
    case .zeroed(let layer, let channels, let count, let inSecond):
      return "\(layer): \(channels.count) of \(count) filters "
        + "\(channels.count == 1 ? "is" : "are") zero in the \(inSecond ? "second" : "first") "
        + "(\(Self.list(channels.map(String.init)))), the others have the same weights"
    case .thinned(let layers, let share, let inSecond):
      return
        "\((100 * share).fixed(1)) % of the numbers of \(Self.count(layers.count, "kernel")) are "
        + "zero in the \(inSecond ? "second" : "first"), the others are the same: \(Self.list(layers))"
    case .partly(let layer, let channels, let count):
      return "\(layer): \(channels.count) of \(count) filters "
        + "\(channels.count == 1 ? "differs" : "differ") (\(Self.list(channels.map(String.init)))), "
        + "the others have the same weights"
    case .rounded(let type, let count, let inSecond):
      return "\(Self.count(count, "kernel")) of the \(inSecond ? "second" : "first") "
        + "\(count == 1 ? "is that" : "are those") of the \(inSecond ? "first" : "second"), rounded to "
        + type
    case .scaled(let layer, let factor):
      return "\(layer): the kernel is the first's times "
        + (factor.map(\.short) ?? "a factor for each output channel")
    case .close(let layers, let distance, let cosine):
      return "the same network, trained a little further: \(Self.count(layers, "kernel")) "
        + "\(layers == 1 ? "differs" : "differ") by \(Self.range(distance)) of "
        + "\(layers == 1 ? "its" : "their") norm, cosine at least \(cosine.fixed(4))"
    case .related(let layers, let cosines):
      return "two states of one training: \(Self.count(layers, "kernel")) with cosines of "
        + "\(cosines.lowerBound.fixed(3)) to \(cosines.upperBound.fixed(3))"
    case .unrelated(let layers, let cosine):
      return "other weights: \(Self.count(layers, "kernel")) "
        + "\(layers == 1 ? "has" : "have") nothing in common, cosine \(cosine.fixed(3)) on average"
    case .otherWeights(let layers, let distance):
      return
        "all kernels are the same; other weights of \(Self.count(layers.count, "layer")) differ, "
        + "by \(distance.short) of their norm at most: \(Self.list(layers))"
    }
  }

  private static func count(_ count: Int, _ word: String) -> String {
    "\(count) \(word)\(count == 1 ? "" : "s")"
  }

  private static func range(_ range: ClosedRange<Double>) -> String {
    let (low, high) = (range.lowerBound.short, range.upperBound.short)
    return low == high ? low : "\(low) to \(high)"
  }

  /// The first of many names.
  private static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ")
      + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }
}
