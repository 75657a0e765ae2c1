public import Kernels

/// The machine and what else it does: what one must know to read a measurement.
public struct Machine: Sendable {
  /// The name of the processor.
  public let processor: String
  /// Its flags that matter to kernels.
  public let flags: [String]
  /// The instruction sets of kernels that it runs.
  public let instructionSets: [InstructionSet]
  /// The processors that the system has.
  public let processorCount: Int
  /// The processors that this process may use, by its affinity mask and its quota.
  public let availableProcessorCount: Int
  /// The caches that data goes through.
  public let caches: [CacheLevel]
  /// The memory of the machine in bytes; 0 where the system does not tell.
  public let memoryByteCount: Int
  /// Whether another system owns the processors.
  public let isVirtual: Bool
  /// The kernel of the system.
  public let kernel: String
  /// When processes get huge pages: `always`, `madvise`, `never`.
  public let hugePages: String?
  /// The rule that sets the clock; nil where the system does not tell.
  public let governor: String?
  /// How many processes waited for a processor or had one in the last minute.
  public let load: Double?

  /// The processors that this process may use, by its affinity mask and its quota.
  public static var availableProcessorCount: Int { ThreadPool.availableProcessorCount }

  /// The machine as it is now.
  public static func current() -> Machine {
    let information = SystemFile.text("/proc/cpuinfo") ?? ""
    let flags = SystemFile.value(of: "flags", in: information)?.split(separator: " ") ?? []
    let memory = SystemFile.value(of: "MemTotal", in: SystemFile.text("/proc/meminfo") ?? "")
    let hugePages = SystemFile.line("/sys/kernel/mm/transparent_hugepage/enabled")
    return Machine(
      processor: SystemFile.value(of: "model name", in: information) ?? "unknown",
      flags: flags.map(String.init).filter(isOfInterest),
      instructionSets: InstructionSet.allCases.filter(\.isAvailable),
      processorCount: information.split(separator: "\n").count { $0.hasPrefix("processor") },
      availableProcessorCount: availableProcessorCount, caches: CacheLevel.all(),
      memoryByteCount: (memory?.split(separator: " ").first.flatMap { Int($0) } ?? 0) * 1024,
      isVirtual: flags.contains("hypervisor"),
      kernel: SystemFile.line("/proc/sys/kernel/osrelease") ?? "unknown",
      hugePages: hugePages?.split(separator: " ").first { $0.hasPrefix("[") }
        .map { String($0.dropFirst().dropLast()) },
      governor: SystemFile.line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
      load: SystemFile.line("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) })
  }

  private static func isOfInterest(_ flag: String) -> Bool {
    ["sse4_2", "avx", "avx2", "fma"].contains(flag) || flag.hasPrefix("avx512")
      || flag.hasPrefix("amx") || flag.hasPrefix("avx_")
  }
}
