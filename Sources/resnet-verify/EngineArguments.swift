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

  @OptionGroup var threading: ThreadArguments

  var engine: Engine {
    switch executor {
    case .fast: .fast(threadCount: threading.threads)
    case .oracle: .oracle
    }
  }
}
