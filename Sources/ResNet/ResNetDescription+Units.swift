/// One unit among all of a network.
public struct UnitPlace: Hashable, Sendable {
  /// The stage, from 0 on.
  public var stage: Int
  /// The unit in its stage, from 0 on.
  public var unit: Int

  /// A unit of a stage.
  public init(stage: Int, unit: Int) {
    self.stage = stage
    self.unit = unit
  }
}

extension ResNetDescription {
  /// One convolution of a unit.
  struct Kernel {
    /// Outputs.
    var width: Int
    /// Rows and columns.
    var side: Int
    /// Rows and columns between windows.
    var stride: Int
    /// Independent parts.
    var groups: Int
  }

  /// The units in order.
  public var units: [UnitPlace] {
    unitsPerStage.indices.flatMap { stage in
      (0..<unitsPerStage[stage]).map { UnitPlace(stage: stage, unit: $0) }
    }
  }

  /// The number of convolutions of a unit.
  public var convolutionsPerUnit: Int {
    switch unit {
    case .basic: 2
    case .bottleneck: 3
    }
  }

  /// Convolutions and matrices on the longest path: 50 of ResNet-50.
  public var depth: Int {
    1 + convolutionsPerUnit * unitsPerStage.reduce(0, +) + (classCount == nil ? 0 : 1)
  }

  /// The channels of a stage's values.
  func outputWidth(of stage: Int) -> Int {
    switch unit {
    case .basic: widths[stage]
    case .bottleneck: 4 * widths[stage]
    }
  }

  /// The channels within the units of a stage.
  func innerWidth(of stage: Int) -> Int {
    switch unit {
    case .basic: widths[stage]
    case .bottleneck: groups * widthPerGroup * widths[stage] / widths[0]
    }
  }

  /// The rows and columns between the values of a unit.
  func stride(of place: UnitPlace) -> Int {
    let strides =
      stridesInLastUnit
      ? place.stage + 1 < widths.count && place.unit == unitsPerStage[place.stage] - 1
      : place.stage > 0 && place.unit == 0
    return strides ? 2 : 1
  }

  /// The convolutions of a unit's residual branch.
  func kernels(of place: UnitPlace) -> [Kernel] {
    let (stage, stride) = (place.stage, stride(of: place))
    let (inner, outer) = (innerWidth(of: stage), outputWidth(of: stage))
    switch unit {
    case .basic:
      return [
        Kernel(width: inner, side: 3, stride: stride, groups: 1),
        Kernel(width: outer, side: 3, stride: 1, groups: 1),
      ]
    case .bottleneck:
      let isFirst = self.stride == .first
      return [
        Kernel(width: inner, side: 1, stride: isFirst ? stride : 1, groups: 1),
        Kernel(width: inner, side: 3, stride: isFirst ? 1 : stride, groups: groups),
        Kernel(width: outer, side: 1, stride: 1, groups: 1),
      ]
    }
  }

  /// Whether the shortcut of a unit is a projection.
  ///
  /// - Parameter channels: those of the unit's input.
  func projects(_ place: UnitPlace, from channels: Int) -> Bool {
    switch shortcut {
    case .a, .absent: false
    case .b: channels != outputWidth(of: place.stage)
    case .c: true
    }
  }
}
