import ArgumentParser
import ResNetKit
import ToolSupport

/// What computes.
struct EngineArguments: ParsableArguments {
  enum Executor: String, ExpressibleByArgument, CaseIterable {
    case fast
    case oracle
  }

  @Option(help: "fast: the optimized executor in float32; oracle: plain float64.")
  var executor = Executor.fast

  @OptionGroup var execution: ExecutionArguments

  /// What runs a network as it would run anywhere.
  var engine: Engine {
    switch executor {
    case .fast: .executor(execution.options)
    case .oracle: .oracle
    }
  }

  /// What proves something: the bounds are those of sums taken term by term.
  var strictEngine: Engine {
    guard case .executor(var options) = engine else { return engine }
    options.isStrict = true
    return .executor(options)
  }
}
