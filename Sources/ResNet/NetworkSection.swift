public import ModelGraph
internal import TensorCore

/// A part of a network: what the papers call a stage or a unit, and what is before and behind them.
public enum NetworkSection: Hashable, Sendable {
  /// Before the first unit.
  case stem
  /// A residual unit, shortcut and addition included, and the ReLU behind them.
  case unit(UnitPlace)
  /// In a network without units: the layers whose images have one size, counted from 0 on.
  case size(Int)
  /// Behind the last unit, or where there are no images any more.
  case head

  /// The section of each layer, in their order, by the graph alone.
  public static func sections(of network: Network) -> [NetworkSection] {
    let units = ResidualGraph(network).units
    guard !units.isEmpty else { return sizes(of: network) }
    let order = Dictionary(
      uniqueKeysWithValues: network.nodes.enumerated().map { ($1.name, $0) })
    let places = Architecture.stages(of: units).enumerated().flatMap { stage, units in
      units.indices.map { UnitPlace(stage: stage, unit: $0) }
    }
    let ends = units.map { order[$0.sum] ?? 0 }
    let start = order[units[0].start] ?? 0
    var next = 0  // the first unit whose addition is at this layer or behind it
    return network.nodes.enumerated().map { index, node in
      while next < ends.count, ends[next] < index { next += 1 }
      let isRectifier =
        next > 0 && units[next - 1].isRectifiedAfterAddition
        && node.inputs == [units[next - 1].sum]
      if isRectifier { return .unit(places[next - 1]) }
      guard next < ends.count else { return .head }
      return next == 0 && index <= start ? .stem : .unit(places[next])
    }
  }

  private static func sizes(of network: Network) -> [NetworkSection] {
    let shapes = (try? network.shapes()) ?? [:]
    var (size, count) = ([Int](), 0)
    return network.nodes.map { node in
      guard let shape = node.outputs.first.flatMap({ shapes[$0] }), shape.rank == 4,
        shape[2] * shape[3] > 1
      else { return .head }
      let extents = Array(shape.dimensions.dropFirst(2))
      if !size.isEmpty, extents != size { count += 1 }
      size = extents
      return .size(count)
    }
  }
}
