public import ArgumentParser

/// How many threads the fast executor gets.
public struct ThreadArguments: ParsableArguments {
  /// The number of threads.
  @Option(
    help: """
      Threads of the executor; the results do not depend on it. Float64 runs use all processors.
      """)
  public var threads = 1

  /// For the parser.
  public init() {}

  /// Refuses a number of threads that no machine has.
  public func validate() throws {
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads: expected 1 to 256, found \(threads)")
    }
  }
}
