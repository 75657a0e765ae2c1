import Foundation
import ResNetKit
import Synchronization
import TestSupport
import Testing

/// The built tool on every damage a small file can suffer.
@Suite struct NativeDamageTests {
  /// A file with one tensor for each role of a small convolution.
  static func smallFile(in folder: TemporaryFolder) throws -> [UInt8] {
    let kernel = Tensor([2, 1, 2, 2], (0..<8).map { Float($0) - 3.5 })
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 4, 4]))),
        Node(
          "conv", .convolution(.init(kernel: kernel, bias: Tensor([2], [Float(1), 2]))),
          inputs: ["data"]),
      ])
    let model = Model(network: network, provenance: Provenance(format: "test"))
    let path = folder.path("small.resnet")
    try NativeFormat().write(model, to: OutputFile(path: path, replacing: false))
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Checks damaged copies, two at a time; returns what is wrong with the tool's answers.
  static func faults(
    _ count: Int, in folder: TemporaryFolder,
    damage: @escaping @Sendable (Int) -> (bytes: [UInt8], places: [String])
  ) -> [String] {
    let faults = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { worker in
      for index in stride(from: worker, to: count, by: 2) {
        let (bytes, places) = damage(index)
        do {
          let path = try folder.write("damaged\(worker).resnet", bytes)
          let run = try ToolRun("resnet-inspect", [path, "--check"])
          let message = run.message ?? ""
          if run.exitCode != 65 || !places.contains(where: message.contains) {
            faults.withLock { $0.append("\(index): \(run.exitCode ?? -1): \(run.errors)") }
          }
        } catch { faults.withLock { $0.append("\(index): \(error)") } }
      }
    }
    return faults.withLock { $0 }
  }

  @Test func `every flipped bit is refused and located`() throws {
    let folder = TemporaryFolder()
    let bytes = try Self.smallFile(in: folder)
    let sections = ["preamble", "header", "checksum table", "ledger", ": chunk 0 (bytes "]
    // The last 128 bytes are the two tensors, padded to 64 each.
    let kernel = bytes.count - 128..<bytes.count - 64
    let faults = Self.faults(8 * bytes.count, in: folder) { bit in
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      let tensor = kernel.contains(bit / 8) ? "conv/kernel" : "conv/bias"
      let place = "\(tensor): chunk 0 (bytes "
      return (damaged, bit / 8 >= kernel.lowerBound ? [place] : sections)
    }
    #expect(faults.isEmpty)
    HostileTable.record(
      "3", "native: every bit flipped", "resnet-inspect",
      result: "\(8 * bytes.count) runs, \(faults.count) wrong", message: "exit 65, located")
  }

  @Test func `every truncation is refused and located`() throws {
    let folder = TemporaryFolder()
    let bytes = try Self.smallFile(in: folder)
    let faults = Self.faults(bytes.count, in: folder) { length in
      let place: [String] =
        switch bytes.count - length {
        case ...64: ["conv/bias: chunk 0"]
        case ...128: ["conv/kernel: chunk 0"]
        default: ["preamble", "header", "checksum table", "ledger"]
        }
      return (Array(bytes.prefix(length)), place)
    }
    #expect(faults.isEmpty)
    HostileTable.record(
      "2", "native: every truncation", "resnet-inspect",
      result: "\(bytes.count) runs, \(faults.count) wrong", message: "exit 65, located")
  }

  @Test func `bytes behind the end are refused`() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("long.resnet", Self.smallFile(in: folder) + [0])
    #expect(try ToolRun("resnet-inspect", [path, "--check"]).exitCode == 65)
  }
}
