import ResNetKit
import ToolSupport

/// A model on its way to other files.
struct Conversion {
  /// The files that were read.
  let sources: [InputFile]
  /// What was read of them.
  let source: ReadModel
  /// Where it goes; nil for a dry run.
  let destination: (any ModelDestination)?
  /// Where the receipt goes, if one is asked for.
  let receipt: OutputFile?
  /// The folder that was made for the outputs; gone again if they are not written.
  private let folder: NewFolder?
  private let output: OutputArguments

  /// Takes a model from `read`.
  ///
  /// The outputs are checked first: nobody waits for a conversion that cannot be written.
  /// - Parameters:
  ///   - sources: the files; none for a model that `read` makes.
  ///   - name: what files in a folder are called; nil: as the first source.
  ///   - target: what the names of the outputs ask for.
  init(
    of sources: [InputFile], named name: String? = nil, to target: OutputArguments.Target?,
    _ output: OutputArguments,
    read: () throws -> ReadModel
  ) throws {
    let sources = try ModelFormats.completed(sources)
    self.sources = sources
    self.output = output
    folder = try output.newFolder()
    destination = try output.destination(besides: sources, named: name, as: target)
    receipt = try output.receiptFile(besides: sources)
    let names = sources.map(\.name).joined(separator: ", ")
    Progress.say(sources.isEmpty ? "making the weights" : "reading \(names)")
    var source = try sources.blamingChanges(read)
    try output.preprocessing?.replacePreprocessing(of: &source.model)
    self.source = source
  }

  /// Writes the files, all or none, and reports.
  func run() throws {
    var files: [PreparedFile] = []
    var notes = source.model.provenance.notes
    var written: PreparedOutputs?
    if let destination {
      Progress.say("writing")
      let outputs = try destination.prepare(source.model)
      written = outputs
      files = outputs.files
      notes += outputs.notes
      if let receipt {
        let content = try Receipt(
          of: source, sources: sources, written: outputs.tensors,
          targets: files.map { ($0.name, $0.contents) })
        files.append(try receipt.prepare(text: content.json.prettyText()))
      }
      try PreparedFile.publish(files)
      folder?.keep()
    }
    Progress.clear()
    let report = ConversionReport(source: source, notes: notes, outputs: files.map(\.path))
    if output.json { return print(report.json.prettyText()) }
    output.notes.say(notes)
    print(try written.map(report.summary) ?? report.plan())
  }
}

extension OutputFile {
  /// Writes a text, but leaves the file without a name.
  func prepare(text: String) throws(FormatError) -> PreparedFile {
    let bytes = Array(text.utf8)
    return try prepare(byteCount: bytes.count) { (writer) throws(FormatError) in
      try writer.write(bytes)
    }
  }
}
