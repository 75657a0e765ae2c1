import Kernels
import ResNetKit
import ToolSupport

extension Int {
  /// Bytes as people read them: `102 MB`, `0.5 MB`.
  var megabytes: String { "\((Double(self) / 1e6).short) MB" }
}

extension Roofline.Source {
  /// `L2 94.1 GB/s`.
  var title: String { "\(place.name) \(gigabytes.short) GB/s" }
}

extension Roofline {
  var json: JSON {
    .members([
      "gigaflops": JSON(number: gigaflops),
      "gigabytesPerSecond": .object(
        sources.map { .init($0.place.name, JSON(number: $0.gigabytes)) }),
    ])
  }
}

extension Roofline.Bound {
  /// What holds a step back: `arithmetic`, `L2`, `memory`.
  var title: String {
    switch self {
    case .compute: "arithmetic"
    case .reading(let place): place
    }
  }
}

extension BenchmarkReport {
  /// What makes the figures doubtful.
  func warnings(_ machine: Machine) -> [String] {
    var warnings: [String] = []
    if timing.isNoisy {
      let percent = 100 * (timing.median / timing.minimum - 1)
      warnings.append(
        "the median is \(percent.fixed(0)) % above the minimum: the machine was busy or changed its "
          + "speed; compare by turns only")
    }
    if options.threadCount > machine.availableProcessorCount {
      warnings.append(
        "\(options.threadCount) threads on \(machine.availableProcessorCount) processors that this "
          + "process may use")
    }
    if let load = machine.load, load > 0.5 * Double(machine.processorCount) {
      warnings.append("the load was \(load) before the measurement began")
    }
    return warnings
  }
}

extension Machine {
  /// The machine in one line.
  var title: String {
    var parts = [processor]
    parts.append("\(availableProcessorCount) of \(processorCount) processors")
    parts.append(instructionSets.last?.rawValue ?? "")
    if !caches.isEmpty {
      parts.append(caches.map { "\($0.name) \($0.byteCount >> 10) KiB" }.joined(separator: " "))
    }
    if isVirtual { parts.append("virtual") }
    if let governor { parts.append("clock \(governor)") }
    if let load { parts.append("load \(load)") }
    return parts.joined(separator: ", ")
  }

  var json: JSON {
    .members([
      "processor": .string(processor), "flags": .strings(flags),
      "isa": .strings(instructionSets.map(\.rawValue)), "processors": .count(processorCount),
      "availableProcessors": .count(availableProcessorCount),
      "caches": .array(
        caches.map {
          .members([
            "level": .count($0.level), "bytes": .count($0.byteCount),
            "sharers": .count($0.sharerCount),
          ])
        }),
      "memoryBytes": .count(memoryByteCount), "virtual": .bool(isVirtual),
      "kernel": .string(kernel), "hugePages": hugePages.map { .string($0) },
      "governor": governor.map { .string($0) }, "load": load.map { JSON(number: $0) },
    ])
  }
}
