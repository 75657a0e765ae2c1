import Foundation
import TensorCore

// libFuzzer brings its own `main`, which calls these two.

/// Before libFuzzer reads its arguments: `fuzz --list` lists the targets, `fuzz --seeds PROJECT
/// FOLDER` makes what they start from, `fuzz --sources NAME` says where the code is that a target
/// is for; anything else must name a target: `--target=NAME`.
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
  if arguments.count == 3, arguments[1] == "--sources",
    let target = FuzzTarget(rawValue: arguments[2])
  {
    print(target.sources.map { "Sources/" + $0 }.joined(separator: " "))
    exit(0)
  }
  guard target != nil else {
    print(
      "usage: fuzz --list | --seeds PROJECT FOLDER | --sources NAME | "
        + "--target=NAME [option …] [path …]")
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

/// What libFuzzer makes of an input for the next try.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
  _ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: CUnsignedInt
) -> Int {
  guard let target else { return 0 }
  // SAFETY: libFuzzer's buffer holds `limit` bytes, of which `count` are the input.
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  var mutator = Mutator(seed: seed, limit: limit)
  let mutated = mutator.mutated(bytes, for: target).prefix(limit)
  for (index, byte) in mutated.enumerated() { data[index] = byte }
  return mutated.count
}

/// libFuzzer leaves alone what begins with two dashes, and hands it on to the processes it starts.
private let target = CommandLine.arguments
  .first { $0.hasPrefix("--target=") }
  .flatMap { FuzzTarget(rawValue: String($0.dropFirst("--target=".count))) }

extension FuzzTarget {
  /// Where the readers are that the target is for, in the project's sources.
  fileprivate var sources: [String] {
    switch self {
    case .definition, .caffemodel, .caffe, .writing: ["CaffeFormat", "Protobuf"]
    case .native, .nativeHeader: ["NativeFormat"]
    case .npz, .archive: ["Containers"]
    case .json: ["JSON"]
    case .execution: ["Runtime", "ModelGraph"]
    case .onnx: ["ONNXFormat", "Protobuf"]
    case .protobuf: ["Protobuf"]
    case .kerasDefinition, .keras: ["KerasFormat"]
    case .hdf5:
      [
        "HDF5/Reading", "HDF5/HDF5File.swift", "HDF5/HDF5File+Attributes.swift",
        "HDF5/HDF5File+Chunks.swift", "HDF5/HDF5File+Elements.swift", "HDF5/ChunkGrid.swift",
        "HDF5/FilterPipeline.swift", "HDF5/FloatLayout.swift", "HDF5/Lookup3.swift",
      ]
    case .hdf5Reply: ["HDF5/Library/LibraryReply+Reading.swift"]
    }
  }
}
