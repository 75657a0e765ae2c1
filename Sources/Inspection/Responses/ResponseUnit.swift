public import ModelGraph
public import ResNet

/// How strong the residual branch of a unit is beside its shortcut.
public struct ResponseUnit: Sendable {
  /// The unit.
  public let unit: ResidualUnit
  /// The mean square of the branch's elements.
  public let branchEnergy: Double
  /// The mean square of the shortcut's elements.
  public let shortcutEnergy: Double

  /// The branch's energy in parts of the shortcut's; nil where that has none.
  public var ratio: Double? { shortcutEnergy > 0 ? branchEnergy / shortcutEnergy : nil }
  /// Whether the unit hands on its input nearly as it is.
  public var isIdle: Bool { ratio.map { $0 < 1e-4 } ?? false }

  /// The units of a network whose values a run looked at.
  public static func all(in network: Network, _ run: ResponseRun) -> [ResponseUnit] {
    ResidualUnit.all(in: network).compactMap { unit in
      guard let branch = run.value(unit.branch)?.whole,
        let shortcut = run.value(unit.shortcut)?.whole
      else { return nil }
      return ResponseUnit(
        unit: unit, branchEnergy: branch.meanSquare, shortcutEnergy: shortcut.meanSquare)
    }
  }
}

extension ChannelStatistics {
  fileprivate var meanSquare: Double { finiteCount == 0 ? 0 : energy / Double(finiteCount) }
}
