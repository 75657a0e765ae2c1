public import ChildProcesses
public import Files
internal import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// An image as its file has it.
public struct DecodedImage: Sendable {
  /// The format of the file.
  public let kind: ImageKind
  /// The pixels, in the order of the file.
  public let pixels: PixelBytes
  /// Which way up the file says that they are; nil where it says nothing.
  public let orientation: ImageOrientation?
  /// What was composed, passed over or not enforced: one sentence each.
  public let notes: [String]

  /// Has an image decoded in a process of its own, since images take over what decodes them.
  ///
  /// - Parameters:
  ///   - program: `resnet-image-decoder`.
  ///   - background: what is seen through a transparent image; nil: its alpha is dropped, as
  ///     Pillow's `convert` does.
  /// - Throws: `FormatError` naming the file: what is wrong with it, what became of the process, or
  ///   what is wrong with its answer.
  public init(
    _ file: InputFile, by program: HelperProgram, background: BackgroundColour? = .white
  ) throws(FormatError) {
    kind = try ImageKind(of: file)
    orientation = ImageOrientation(of: file, kind)
    let seconds = 10 * ImageReply.computingSeconds(for: file.bytes.count) + 10
    (pixels, notes) = try program.read(file, within: seconds, named: "the decoder of images") {
      reply throws(FormatError) in
      try ImageReply.Reader(reply, background: background).answer()
    }
  }
}

extension ImageReply {
  /// Checks and takes an answer: it comes from a process that the image may have taken over.
  struct Reader {
    private let reply: Reply
    private let background: BackgroundColour?

    init(_ reply: Reply, background: BackgroundColour?) {
      self.reply = reply
      self.background = background
    }

    /// The pixels, and what is to be said about them.
    func answer() throws(FormatError) -> (PixelBytes, [String]) {
      for expected in signature where try reply.byte() != expected {
        throw reply.broken("another signature")
      }
      let missing = try text(atMost: 64)
      guard try step() == .next else { throw reply.broken("an end without a begin") }
      let width = try reply.count(atMost: pixelLimit, "columns")
      let height = try reply.count(atMost: pixelLimit, "rows")
      guard width > 0, height > 0, width * height <= pixelLimit,
        let form = Form(rawValue: try reply.byte())
      else { throw reply.broken("an image of \(width)x\(height)") }
      var row = PixelRow(form, background: background)
      let samples = try samples(width, height, &row)
      let warning = try text(atMost: 1024)
      var notes: [String] = []
      if row.isTransparent {
        let done = background.map { "composed on \($0.name)" } ?? "alpha dropped"
        notes.append("the image is transparent: \(done)")
      }
      if !warning.isEmpty { notes.append("damage was passed over: \(warning)") }
      if !missing.isEmpty { notes.append("decoded without \(missing), which this system lacks") }
      return (PixelBytes(size: Extent(height: height, width: width), samples: samples), notes)
    }

    private func samples(
      _ width: Int, _ height: Int, _ row: inout PixelRow
    ) throws(FormatError) -> Bytes {
      let count = width * height * 3
      // Untouched until rows come: a short answer costs nothing.
      guard let memory = calloc(count, 1) else {
        throw FormatError(.outOfMemory, "no memory for \(count) bytes")
      }
      let bytes = Bytes(adopting: memory, count: count) {
        free(UnsafeMutableRawPointer(mutating: $0))
      }
      // Nobody else has the bytes yet.
      let target = UnsafeMutableRawBufferPointer(start: memory, count: count)
      var source = [UInt8](repeating: 0, count: width * row.form.channelCount)
      for y in 0..<height {
        guard try step() == .next else { throw reply.broken("an end after \(y) of \(height) rows") }
        let filled = source.withUnsafeMutableBytes { buffer in
          Result { () throws(FormatError) in try reply.fill(buffer) }
        }
        try filled.get()
        let place = UnsafeMutableRawBufferPointer(
          rebasing: target[y * width * 3..<(y + 1) * width * 3])
        source.withUnsafeBytes { row.convert($0, to: place) }
      }
      guard try step() == .end else { throw reply.broken("a row too many") }
      return bytes
    }

    /// What comes next, unless there is no image.
    private func step() throws(FormatError) -> Step {
      guard let step = Step(rawValue: try reply.byte()) else {
        throw reply.broken("an unknown step")
      }
      guard step == .refused else { return step }
      guard let fault = Fault(rawValue: try reply.byte()) else {
        throw reply.broken("an unknown fault")
      }
      let reason = try text(atMost: 1024)
      switch fault {
      case .damaged, .unsupported: throw FormatError(.badModel, reason)
      case .refused: throw FormatError(.refused, reason)
      }
    }

    private func text(atMost limit: Int) throws(FormatError) -> String {
      let count = try reply.count(atMost: limit, "bytes of text")
      var bytes: [UInt8] = []
      for _ in 0..<count { bytes.append(try reply.byte()) }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw reply.broken("text that is not UTF-8")
      }
      return text
    }
  }
}
