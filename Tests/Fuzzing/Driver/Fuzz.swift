import Foundation
import TensorCore

// libFuzzer brings its own `main`, which calls these two.

/// Before libFuzzer reads its arguments: `fuzz --list` lists the targets, `fuzz --seeds PROJECT
/// FOLDER` makes what they start from, anything else must name a target: `--target=NAME`.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
  let arguments = CommandLine.arguments
  if arguments.dropFirst().first == "--list" {
    print(FuzzTarget.allCases.map(\.rawValue).joined(separator: "\n"))
    exit(0)
  }
  if arguments.count == 4, arguments[1] == "--seeds" {
    do {
      try Seeds(project: arguments[2]).write(to: arguments[3])
      exit(0)
    } catch {
      print("fuzz: \(error)")
      exit(1)
    }
  }
  guard target != nil else {
    print("usage: fuzz --list | --seeds PROJECT FOLDER | --target=NAME [option …] [path …]")
    exit(64)
  }
  return 0
}

/// One input.
@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    _ = try target?.read(Bytes(copying: UnsafeRawBufferPointer(start: data, count: count)))
    return 0
  } catch {
    fatalError("\(error)")  // what libFuzzer takes for a finding
  }
}

/// libFuzzer leaves alone what begins with two dashes, and hands it on to the processes it starts.
private let target = CommandLine.arguments
  .first { $0.hasPrefix("--target=") }
  .flatMap { FuzzTarget(rawValue: String($0.dropFirst("--target=".count))) }
