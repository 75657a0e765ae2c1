internal import Files
internal import ModelIO
internal import Protobuf

/// What a definition is read for, and which of its layers belong to that.
struct NetState {
  let phase: CaffeLayer.Phase
  let level: Int
  let stages: Set<String>
  /// Whether the definition or the user says for which level or stages.
  private let isGiven: Bool

  /// The state that a definition names and a user asks for, the way Caffe joins both.
  ///
  /// - Throws: `FormatError` for a stage that no rule names.
  init(of net: CaffeNet, _ asked: CaffeOptions.State) throws(FormatError) {
    phase =
      switch asked.phase {
      case .train: .train
      case .test: .test
      }
    level = asked.level ?? net.level ?? 0
    stages = Set(net.stages + asked.stages)
    isGiven = asked.level != nil || net.level != nil || !stages.isEmpty
    let named = NetState.stages(in: net)
    for stage in asked.stages where !named.contains(stage) {
      throw FormatError(
        .usage,
        "expected a stage of the definition after --stage, found \(quoted(stage)); it has "
          + (named.isEmpty ? "none" : listed(named).joined(separator: ", ")))
    }
  }

  /// The stages that rules name, in the order of the definition.
  private static func stages(in net: CaffeNet) -> [String] {
    var stages: [String] = []
    for rule in net.layers.flatMap({ $0.include + $0.exclude }) {
      for stage in rule.stages + rule.excludedStages where !stages.contains(stage) {
        stages.append(stage)
      }
    }
    return stages
  }
}

extension NetState {
  /// Whether the rules admit a layer. Only rules select: `phase` on a layer says how it behaves.
  ///
  /// - Throws: `FormatError` for a layer with both kinds of rules, which Caffe refuses too.
  func admits(_ layer: CaffeLayer) throws(FormatError) -> Bool {
    guard layer.include.isEmpty || layer.exclude.isEmpty else {
      throw FormatError(
        at: .object(layer.name), "expected include or exclude rules, found both")
    }
    guard layer.include.isEmpty else { return layer.include.contains(where: meets) }
    return !layer.exclude.contains(where: meets)
  }

  private func meets(_ rule: CaffeLayer.StateRule) -> Bool {
    (rule.phase ?? phase) == phase && (rule.minimumLevel ?? level) <= level
      && (rule.maximumLevel ?? level) >= level && rule.stages.allSatisfy(stages.contains)
      && !rule.excludedStages.contains(where: stages.contains)
  }

  /// Refuses to drop layers that compute because of a stage or a level that nobody has named: they
  /// may be part of the network as it is used.
  ///
  /// - Parameter dropped: the layers without which the network would compute something else.
  func requireChoice(for dropped: [CaffeLayer], of net: CaffeNet) throws(FormatError) {
    guard !isGiven else { return }
    let doubtful = dropped.filter { !isOfOtherPhase($0) }
    guard !doubtful.isEmpty else { return }
    let list = listed(doubtful.map { "\($0.name) (\($0.type))" }).joined(separator: ", ")
    let stages = NetState.stages(in: net)
    let levels = Set(
      net.layers.flatMap { $0.include + $0.exclude }
        .flatMap { [$0.minimumLevel, $0.maximumLevel].compactMap { $0 } })
    let choices = [
      stages.isEmpty
        ? nil : "name a stage with --stage: \(listed(stages).joined(separator: ", "))",
      levels.isEmpty
        ? nil
        : "name a level with --level: its rules name "
          + levels.sorted().map(String.init).joined(separator: ", "),
    ]
    throw FormatError(
      .badModel,
      "layers that compute belong to some stages or levels only: \(list); "
        + choices.compactMap { $0 }.joined(separator: ", or "))
  }

  /// Whether a layer that is not admitted belongs to the other phase, whatever its stages.
  private func isOfOtherPhase(_ layer: CaffeLayer) -> Bool {
    layer.include.isEmpty
      ? layer.exclude.contains { $0.phase == phase && $0.isOfEveryStage }
      : layer.include.allSatisfy { $0.phase != nil && $0.phase != phase }
  }
}

extension CaffeLayer.StateRule {
  /// Whether it is met at any level and stages.
  fileprivate var isOfEveryStage: Bool {
    minimumLevel == nil && maximumLevel == nil && stages.isEmpty && excludedStages.isEmpty
  }
}
