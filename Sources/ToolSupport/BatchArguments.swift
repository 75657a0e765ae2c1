public import ArgumentParser

/// How many images a run computes at a time.
public struct BatchArguments: ParsableArguments {
  /// The images; nil for as many as the definition says.
  @Option(help: "Images in a run; as many as the definition says if left out.")
  public var batch: Int?

  /// For the parser.
  public init() {}

  /// Refuses a batch that no model has.
  public func validate() throws {
    guard batch.map({ (1...100_000).contains($0) }) ?? true else {
      throw ValidationError("--batch: expected 1 to 100000, found \(batch ?? 0)")
    }
  }
}
