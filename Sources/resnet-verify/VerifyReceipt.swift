import ArgumentParser
import ResNetKit
import ToolSupport

struct VerifyReceipt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract: "Check the receipt of a conversion against the files.",
    discussion: """
      Every hash is computed again, and every tensor of the output made again from the tensor of the \
      source by the transforms of the receipt: its bits must be those in the output.
      """)

  @Argument(help: "The file that resnet-convert --receipt wrote.")
  var receipt: String

  @Option(help: "The folder of the files that were converted; the receipt's own without it.")
  var sources: String?

  @Option(help: "The folder of the files that were written; the receipt's own without it.")
  var targets: String?

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
    let sourceFiles = try files(content.sources, in: sources)
    let targetFiles = try files(content.targets, in: targets)
    Progress.say("checking \((sourceFiles + targetFiles).map(\.name).joined(separator: ", "))")
    var report = content.check(sources: sourceFiles, targets: targetFiles)
    do throws(FormatError) {
      let format = try ModelFormats.format(of: targetFiles)
      let model = try format.readModel(from: targetFiles, options: reading.options)
      let objects = format.ledger(of: model, in: targetFiles).entries.map(\.source)
      report.faults += content.incompleteness(of: objects)
    } catch {
      report.faults.append(error.description)
    }
    Progress.clear()
    print(json ? report.json(for: content).prettyText() : report.text(for: content))
    if !report.faults.isEmpty { throw Unequal() }
  }

  private func files(
    _ files: [Receipt.File], in folder: String?
  ) throws(FormatError) -> [InputFile] {
    let own = receipt.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(receipt[...$0]) } ?? ""
    var found: [InputFile] = []
    for file in files {
      found.append(try InputFile(path: folder.map { "\($0)/\(file.name)" } ?? own + file.name))
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
    ])
  }
}
