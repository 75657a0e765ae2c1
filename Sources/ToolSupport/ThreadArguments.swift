public import ArgumentParser
internal import ResNetKit

/// How many threads the fast executor gets.
public struct ThreadArguments: ParsableArguments {
  @Option(
    name: .customLong("threads"),
    help: ArgumentHelp(
      """
      Threads of the executor; as many as processors that this process may use if left out. The \
      results do not depend on it. Float64 runs use all processors.
      """, valueName: "threads"))
  var wanted: Int?

  /// The number of threads.
  public var threads: Int { wanted ?? min(Machine.availableProcessorCount, Self.most) }

  private static let most = 256

  /// For the parser.
  public init() {}

  /// Refuses a number of threads that no machine has.
  public func validate() throws {
    guard wanted.map({ (1...Self.most).contains($0) }) ?? true else {
      throw ValidationError("--threads: expected 1 to \(Self.most), found \(wanted ?? 0)")
    }
  }
}
