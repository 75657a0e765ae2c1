import ArgumentParser
import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

struct VerifyReceipt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract: "Check the receipt of a conversion against the files.",
    usage: "resnet-verify receipt RECEIPT [--sources FOLDER] [--targets FOLDER] [<options>]",
    discussion: """
      Every hash is computed again, and every tensor of the output made again from the tensor of the \
      source by the transforms of the receipt: its bits must be those in the output. The source is \
      read once more, too: give the options that told the conversion how to read it, such as \
      --phase for a model of Caffe or --stride for weights of Keras.
      """)

  @Argument(help: "The file that resnet-convert --receipt wrote.", completion: .file())
  var receipt: String

  @Option(
    help: """
      A folder of files that were converted; may be repeated. Without it they lie beside the receipt.
      """, completion: .directory)
  var sources: [String] = []

  @Option(
    help: """
      A folder of files that were written; may be repeated. Without it they lie beside the receipt.
      """, completion: .directory)
  var targets: [String] = []

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let file = try InputFile(path: receipt)
    let content: Receipt
    do {
      content = try Receipt(parsing: file.bytes)
    } catch {
      throw error.inFile(receipt)
    }
    let sourceFiles = try reading.prepare(files(content.sources, in: sources))
    let targetFiles = try files(content.targets, in: targets)
    let progress = ProgressCount(.bytes("checking"))
    var report = content.check(
      sources: sourceFiles, targets: targetFiles, progress: progress.report(_:of:))
    do throws(FormatError) {
      var options = reading.options
      let format = try ModelFormats.format(of: sourceFiles)
      // What the receipt lists as left out was meant to be.
      if !content.leftOut.isEmpty, format.name == "caffe" {
        options.caffe.ignoresExtraWeights = true
      }
      report.faults += content.contradictions(
        sources: try format.readModel(from: sourceFiles, options: options).ledger,
        targets: try ModelFormats.format(of: targetFiles).storedTensors(in: targetFiles))
    } catch {
      report.faults.append(error.description)
    }
    Progress.clear()
    print(json ? report.json(for: content).prettyText() : report.text(for: content))
    if !report.faults.isEmpty { throw Unequal() }
  }

  /// The files of a receipt, each from the first folder that has it.
  private func files(
    _ files: [Receipt.File], in folders: [String]
  ) throws(FormatError) -> [InputFile] {
    let own = receipt.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(receipt[...$0]) } ?? ""
    let prefixes = folders.isEmpty ? [own] : folders.map { $0 + "/" }
    var found: [InputFile] = []
    for file in files {
      let paths = prefixes.map { $0 + file.name }
      let path = paths.first { access($0, F_OK) == 0 } ?? paths[0]
      found.append(try InputFile(path: path))
    }
    return found
  }
}

extension Receipt.CheckReport {
  fileprivate func text(for receipt: Receipt) -> String {
    var parts = ["\(replayedCount) of \(receipt.entries.count) tensors made again, bit-equal"]
    if constantCount > 0 { parts.append("\(constantCount) constants of the format") }
    if scatteredCount > 0 {
      parts.append("\(scatteredCount) not in one piece in their source, covered by its hash alone")
    }
    if leftOutCount > 0 { parts.append("\(leftOutCount) tensors of the source left out") }
    let files = receipt.sources.count + receipt.targets.count
    let verdict = faults.isEmpty ? "AS THE RECEIPT SAYS" : "NOT AS THE RECEIPT SAYS"
    return (faults + ["\(verdict): \(files) files; " + parts.joined(separator: ", ")])
      .joined(separator: "\n")
  }

  fileprivate func json(for receipt: Receipt) -> JSON {
    .members([
      "agrees": .bool(faults.isEmpty), "faults": .strings(faults),
      "files": .count(receipt.sources.count + receipt.targets.count),
      "tensors": .count(receipt.entries.count), "replayed": .count(replayedCount),
      "constants": .count(constantCount), "scattered": .count(scatteredCount),
      "leftOut": .count(leftOutCount),
    ])
  }
}
