public import ModelGraph
public import ResNet
public import TensorCore

extension ModelSummary {
  /// How finely layers are taken together.
  public enum Grouping: Sendable {
    /// The stages of a residual network, its stem and its head.
    case stages
    /// Its units.
    case units
  }

  /// Layers that belong together, with their sums.
  public struct Part: Sendable {
    /// What they are: `stem`, `stage 2`, `stage 2, unit 1`, `head`.
    public var name: String
    /// How many layers they are.
    public var layerCount: Int
    /// The shape of the last output; nil where there is none.
    public var outputShape: Shape?
    /// What an element of it depends on; nil for all of the image.
    public var receptiveField: Extent?
    /// Weights that training learns.
    public var parameterCount: Int
    /// Multiply-accumulates.
    public var multiplyAccumulates: Int
    /// Floating-point operations.
    public var operationCount: Int
    /// Bytes of all outputs in float32.
    public var activationByteCount: Int
  }

  /// The layers in parts, in order.
  public func parts(by grouping: Grouping) -> [Part] {
    var names: [String] = []
    var rowsOfPart: [String: [Row]] = [:]
    for row in rows {
      let name = row.section.name(by: grouping)
      if rowsOfPart[name] == nil { names.append(name) }
      rowsOfPart[name, default: []].append(row)
    }
    return names.map { name in
      let rows = rowsOfPart[name] ?? []
      return Part(
        name: name, layerCount: rows.count, outputShape: rows.last?.cost.outputShapes.first,
        receptiveField: rows.last?.receptiveField,
        parameterCount: rows.map(\.cost.parameterCount).saturatingSum,
        multiplyAccumulates: rows.map(\.cost.multiplyAccumulates).saturatingSum,
        operationCount: rows.map(\.cost.operationCount).saturatingSum,
        activationByteCount: rows.map(\.cost.activationByteCount).saturatingSum)
    }
  }
}

extension NetworkSection {
  /// What people call it, stages and units counted from 1 on.
  public func name(by grouping: ModelSummary.Grouping) -> String {
    switch self {
    case .stem: "stem"
    case .unit(let place):
      switch grouping {
      case .stages: "stage \(place.stage + 1)"
      case .units: "stage \(place.stage + 1), unit \(place.unit + 1)"
      }
    case .size(let index): "size \(index + 1)"
    case .head: "head"
    }
  }
}
