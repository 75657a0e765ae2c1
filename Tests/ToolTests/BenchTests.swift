import Foundation
import ResNetKit
import TestSupport
import Testing

/// What `resnet-bench` prints and ends with.
@Suite struct BenchTests {
  private static let model =
    Places.fixture("digits/digits-resnet.prototxt") + ","
    + Places.fixture("digits/digits-resnet.caffemodel")

  private func json(_ run: ToolRun) throws -> JSON {
    try JSON(parsing: Bytes(Array(run.output.utf8)))
  }

  @Test func `run reports times, limits, memory and the machine`() throws {
    let run = try ToolRun("resnet-bench", [Self.model, "--rounds", "3", "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let report = try json(run)
    #expect(report["runs"] == .integer(3))
    for name in ["minimumMilliseconds", "p99Milliseconds", "gigaflops", "shareOfArithmetic"] {
      #expect((report[name]?.number ?? 0) > 0, "\(name)")
    }
    #expect(report["machine"]?["isa"] != nil && report["limits"]?["gigaflops"] != nil)
    let text = try ToolRun("resnet-bench", ["run", Self.model, "--rounds", "3"])
    #expect(text.output.contains("latency") && text.output.contains("roofline"))
  }

  @Test func `layers reports each step and draws it`() throws {
    let folder = TemporaryFolder()
    let words = ["layers", Self.model, "--rounds", "2", "--svg", folder.path("r.svg"), "--json"]
    let run = try ToolRun("resnet-bench", words)
    #expect(run.exitCode == 0, "\(run.errors)")
    guard case .array(let steps) = try json(run)["steps"] else {
      Issue.record("no steps")
      return
    }
    #expect(steps.count > 20 && folder.contents == ["r.svg"])
    let again = try ToolRun("resnet-bench", words)
    #expect(again.exitCode == 73 && again.errors.contains("--force"), "\(again.errors)")
  }

  @Test func `lockstep runs when it is told to`() throws {
    let tool = Places.tools.appendingPathComponent("resnet-bench").path
    let run = try ToolRun(
      bash: "printf '2\\n1\\n' | \(tool) lockstep \(Self.model) --batch 2 --threads 1")
    #expect(run.exitCode == 0, "\(run.errors)")
    let lines = try run.output.split(separator: "\n").map {
      try JSON(parsing: Bytes(Array($0.utf8)))
    }
    #expect(lines.count == 3)
    guard case .array(let y) = lines[0]["y"], case .array(let first) = lines[1],
      case .array(let second) = lines[2]
    else {
      Issue.record("no lists: \(run.output)")
      return
    }
    #expect(y.count == 20 && lines[0]["nper"] == .integer(1))
    #expect(first.count == 3 && second.count == 2)
    let fault = try ToolRun(bash: "echo x | \(tool) lockstep \(Self.model)")
    #expect(fault.exitCode == 64 && fault.errors.contains("expected a number of runs"))
  }

  @Test func `compare says how sure it is, and fails above the threshold`() throws {
    let run = try ToolRun(
      "resnet-bench",
      [
        "compare", Self.model, "--both", "--threads 1", "--b", "--batch 8", "--rounds", "9",
        "--threshold", "1.5", "--json",
      ])
    #expect(run.exitCode == 1, "\(run.errors)")
    let report = try json(run)
    let (ratio, low) = (report["ratio"]?.number ?? 0, report["ratioLow"]?.number ?? 0)
    #expect(ratio > 1.5 && low > 1.5 && low <= ratio)
    #expect(report["slower"] == .bool(true))
    let same = try ToolRun(
      "resnet-bench", ["compare", Self.model, "--rounds", "5", "--threshold", "3"])
    #expect(same.exitCode == 0 && same.output.contains("not slower"), "\(same.errors)")
    #expect(same.output.contains("relative L2 0\n"))
  }

  @Test func `compare passes on what a side ends with`() throws {
    let fault = try ToolRun("resnet-bench", ["compare", Self.model, "--a", "--bogus"])
    #expect(fault.exitCode == 64 && fault.errors.contains("A: ended before it answered"))
    let missing = try ToolRun("resnet-bench", ["compare", Self.model, "--b-tool", "/no/tool"])
    #expect(missing.exitCode == 66, "\(missing.errors)")
  }

  @Test func `machine has a limit for each instruction set and place`() throws {
    let run = try ToolRun("resnet-bench", ["machine", "--rounds", "1", "--threads", "2", "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    guard case .array(let limits) = try json(run)["limits"] else {
      Issue.record("no limits")
      return
    }
    #expect(limits.map { $0["threads"] } == [.integer(1), .integer(2)])
    #expect(limits.allSatisfy { ($0["gigabytesPerSecond"]?["memory"]?.number ?? 0) > 0 })
  }

  @Test(arguments: [
    (["--isa", "avx1024"], "expected one of scalar, avx2, avx512, found avx1024"),
    (["--threads", "0"], "--threads: expected 1 to 256, found 0"),
    (["--batch", "0"], "--batch: expected 1 to 100000, found 0"),
    (["--rounds", "0"], "--rounds: expected 1 to 100000, found 0"),
  ])
  func `options that no machine can follow are refused`(
    _ options: [String], _ reason: String
  ) throws {
    let run = try ToolRun("resnet-bench", [Self.model] + options)
    #expect(run.exitCode == 64 && run.errors.contains(reason), "\(run.errors)")
  }

  @Test(arguments: ["scalar", "avx2", "avx512"])
  func `an instruction set that this processor lacks is refused, any other runs`(
    _ name: String
  ) throws {
    let machine = try json(
      ToolRun("resnet-bench", ["machine", "--rounds", "1", "--threads", "1", "--json"]))
    guard case .array(let sets) = machine["machine"]?["isa"] else {
      Issue.record("no instruction sets")
      return
    }
    let run = try ToolRun("resnet-bench", [Self.model, "--isa", name, "--rounds", "1"])
    if sets.contains(.string(name)) {
      #expect(run.exitCode == 0 && run.output.contains(name), "\(run.errors)")
    } else {
      #expect(run.exitCode == 64 && run.errors.contains("this processor has no \(name)"))
    }
  }
}
