import Foundation
import Synchronization
import TestSupport
import Testing

/// The built tool on the damage that the files of a tiny model can suffer.
@Suite struct CaffeDamageTests {
  /// The file that is damaged.
  enum Part: String, CaseIterable, Sendable {
    case prototxt, caffemodel

    /// The sound file.
    var bytes: [UInt8] {
      switch self {
      case .prototxt:
        Array(
          """
          input: "d" input_shape { dim: 1 dim: 1 dim: 1 dim: 1 }
          layer {
            name: "c" type: "InnerProduct" bottom: "d" top: "c"
            inner_product_param { num_output: 1 bias_term: false }
          }

          """.utf8)
      case .caffemodel:
        SmallNet.net([SmallNet.layer("c", [SmallNet.blob([1, 1], SmallNet.floats(1))])])
      }
    }
  }

  /// Converts damaged copies over an existing file, two at a time.
  ///
  /// - Returns: how many are a model all the same, and what is wrong with the tool's answers.
  private static func sweep(
    _ part: Part, _ damages: [[UInt8]]
  ) -> (models: Int, faults: [String]) {
    let models = Mutex(0)
    let faults = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { worker in
      for index in stride(from: worker, to: damages.count, by: 2) {
        do {
          switch try fault(part, damages[index]) {
          case nil: models.withLock { $0 += 1 }
          case "": break
          case let fault?: faults.withLock { $0.append("\(index): \(fault)") }
          }
        } catch { faults.withLock { $0.append("\(index): \(error)") } }
      }
    }
    return (models.withLock { $0 }, faults.withLock { $0 })
  }

  /// What is wrong with the answer to one damaged file: nil if it is a model, "" if it is refused.
  private static func fault(_ part: Part, _ damaged: [UInt8]) throws -> String? {
    let (inputs, outputs) = (TemporaryFolder(inMemory: true), TemporaryFolder(inMemory: true))
    var arguments = ["caffe-to-native"]
    for other in Part.allCases {
      arguments += [
        "--\(other)", try inputs.write("net.\(other)", other == part ? damaged : other.bytes),
      ]
    }
    let path = try outputs.write("out.resnet", text: "precious")
    let run = try ToolRun(
      "resnet-convert", arguments + ["-o", path, "--force"],
      limits: "ulimit -c 0 -d \(48 << 10)", timeLimit: 10)
    let output = FileManager.default.contents(atPath: path)
    guard outputs.contents == ["out.resnet"] else { return "left \(outputs.contents)" }
    if run.exitCode == 0 {
      return output?.starts(with: NativeFileBuilder.magic) == true ? nil : "no native file"
    }
    guard run.exitCode == 65, let message = run.message else {
      return "code \(run.exitCode ?? -1), signal \(run.signal ?? 0): \(run.errors)"
    }
    if output != Data("precious".utf8) { return "the old file is gone" }
    // The fault may show in the other file, where the two disagree.
    return message.contains(": ") && message.contains("\(inputs.path)/net.")
      ? "" : "no file in \(message)"
  }

  @Test(arguments: Part.allCases)
  func `every truncation is refused, or leaves a whole model`(_ part: Part) {
    let whole = part.bytes
    let (models, faults) = Self.sweep(part, (0..<whole.count).map { Array(whole.prefix($0)) })
    #expect(faults.isEmpty)
    // Text may lose the newline at its end.
    #expect(models == (part == .prototxt ? 1 : 0))
    for number in ["1", "2"] {
      HostileTable.record(
        number, "\(part): every truncation", "resnet-convert",
        result: "\(whole.count) runs, \(faults.count) wrong",
        message: "\(models) whole but for the last newline, the others exit 65")
    }
  }

  @Test(arguments: Part.allCases)
  func `a flipped bit is refused, or makes another model`(_ part: Part) {
    let whole = part.bytes
    var generator = SeededGenerator(seed: 3)
    // All bits of the binary file, one of every character.
    let bits = whole.indices.flatMap { index -> [Int] in
      switch part {
      case .caffemodel: (8 * index..<8 * index + 8).map { $0 }
      case .prototxt: [8 * index + Int.random(in: 0..<8, using: &generator)]
      }
    }
    let (models, faults) = Self.sweep(
      part,
      bits.map { bit in
        var damaged = whole
        damaged[bit / 8] ^= 1 << (bit % 8)
        return damaged
      })
    #expect(faults.isEmpty)
    #expect(models < bits.count)
    HostileTable.record(
      "3", "\(part): \(part == .caffemodel ? "every bit" : "a bit of every character") flipped",
      "resnet-convert", result: "\(bits.count) runs, \(faults.count) wrong",
      message: "\(models) are other sound models (the format has no checksums), the others exit 65")
  }
}
