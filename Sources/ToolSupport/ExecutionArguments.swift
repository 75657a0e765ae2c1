public import ArgumentParser
internal import Kernels
public import ResNetKit

/// How the fast executor runs.
public struct ExecutionArguments: ParsableArguments {
  @OptionGroup var threading: ThreadArguments

  @Option(
    name: .customLong("isa"),
    help: ArgumentHelp(
      "The instruction set of the kernels; the best of this processor if left out.",
      valueName: InstructionSet.allCases.map(\.rawValue).joined(separator: "|")))
  var instructionSet: String?

  @Flag(help: "Results with the same bits on every processor and for any batch; slower.")
  var strict = false

  @Option(
    help: """
      What computes convolutions: the toolkit's kernels, or OpenBLAS over unfolded images, a \
      baseline to compare with.
      """)
  var gemm = ExecutionOptions.Gemm.builtIn

  /// For the parser.
  public init() {}

  /// Refuses what this processor does not have.
  public func validate() throws {
    guard let name = instructionSet else { return }
    let names = InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
    guard let wanted = InstructionSet(rawValue: name) else {
      throw ValidationError("--isa: expected one of \(names), found \(name)")
    }
    guard wanted.isAvailable else {
      let available = InstructionSet.allCases.filter(\.isAvailable).map(\.rawValue)
      throw ValidationError(
        "--isa: this processor has no \(name); it has \(available.joined(separator: ", "))")
    }
  }

  /// The options for a session.
  public var options: ExecutionOptions {
    ExecutionOptions(
      threadCount: threading.threads,
      instructionSet: instructionSet.flatMap { InstructionSet(rawValue: $0) } ?? .best,
      isStrict: strict, gemm: gemm)
  }
}

extension ExecutionOptions.Gemm: ExpressibleByArgument {}
