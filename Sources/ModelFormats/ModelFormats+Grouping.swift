public import Files
internal import ModelIO

extension ModelFormats {
  /// Why files side by side are not the files of two models.
  public enum GroupingFault: Error, Equatable {
    /// They are the files of one model.
    case oneModel
    /// No way to part them gives two models.
    case none
    /// There are several ways to part them: how many files the first model has in each.
    case several([Int])
  }

  /// Parts the files of two models, given one after the other, by what belongs together.
  ///
  /// A model has files of one format, and either one whole model or at most one definition and one
  /// file with weights. A definition alone is a model only where nothing else is possible.
  /// - Parameter words: files, or several files that are said to be one model.
  /// - Returns: how many words are the first model's.
  /// - Throws: `GroupingFault`.
  public static func partTwoModels(_ words: [[InputFile]]) throws(GroupingFault) -> Int {
    let ways = words.indices.dropFirst().filter {
      isModel(words[..<$0]) && isModel(words[$0...])
    }
    let sure = ways.filter { hasWeights(words[..<$0]) && hasWeights(words[$0...]) }
    if sure.isEmpty, isModel(words[...]), hasWeights(words[...]) { throw .oneModel }
    let best = sure.isEmpty ? ways : sure
    guard let way = best.first else { throw .none }
    guard best.count == 1 else { throw .several(best) }
    return way
  }

  private static func isModel(_ words: ArraySlice<[InputFile]>) -> Bool {
    // What is wrong with one word alone, its reader says.
    if words.count == 1 { return true }
    let files = words.compactMap { $0.count == 1 ? $0[0] : nil }
    guard files.count == words.count, let format = try? format(of: files) else { return false }
    let roles = files.map { format.role(of: $0) }
    return [.definition, .weights].allSatisfy { role in roles.count { $0 == role } <= 1 }
      && !roles.contains(.model) && !roles.allSatisfy { $0 == .companion }
  }

  private static func hasWeights(_ words: ArraySlice<[InputFile]>) -> Bool {
    let files = words.flatMap { $0 }
    // Files joined by the user are a model, and what no format knows may be one.
    guard files.count == words.count, let format = try? format(of: files) else { return true }
    return files.contains { [.model, .weights].contains(format.role(of: $0)) }
  }
}
