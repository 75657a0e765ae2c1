internal import CImageCodecs
internal import ChildProcesses
internal import Files
internal import Images
internal import TensorCore

/// Decodes the image that is its standard input with libjpeg or libpng, and tells its pixels on its
/// standard output, in the form of `ImageReply`.
///
/// Decoders are what images of strangers attack. So this process gives up everything before it looks
/// at one: it can compute, take a bounded amount of memory and time, and write its answer.
@main
enum ImageDecoder {
  static func main() {
    let file: InputFile
    do {
      file = try InputFile(descriptor: 0, path: "the file")
    } catch {
      Confinement.explain(
        "resnet-image-decoder is run by the tools of resnet-toolkit, with an image as its input\n")
    }
    // Besides what is held: rows, tables, and the libraries' own.
    let missing = Confinement.enter(
      memory: (64 << 20) + ImageReply.heldByteLimit(for: file.bytes.count),
      seconds: ImageReply.computingSeconds(for: file.bytes.count))
    var writer = ImageReply.Writer(missing: missing, to: Confinement.send)
    file.bytes.withUnsafeBytes { decode($0, &writer) }
    Confinement.end()
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, _ writer: inout ImageReply.Writer) {
    let limits = cimages_limits(
      pixels: UInt64(ImageReply.pixelLimit),
      held_bytes: UInt64(ImageReply.heldByteLimit(for: bytes.count)),
      scans: UInt32(ImageReply.scanLimit))
    guard let start = bytes.baseAddress,
      let reader = cimages_open(
        start.assumingMemoryBound(to: UInt8.self), bytes.count, limits)
    else { return writer.refuse(.damaged, "an empty file") }
    defer { cimages_close(reader) }
    func succeeded(_ code: Int32) -> Bool {
      guard Int(code) != cimages_good else { return true }
      let fault: ImageReply.Fault =
        switch Int(code) {
        case cimages_refused: .refused
        case cimages_unsupported: .unsupported
        default: .damaged  // the only other one
        }
      writer.refuse(fault, String(cString: cimages_message(reader)))
      return false
    }
    var shape = cimages_shape()
    guard succeeded(cimages_begin(reader, &shape)),
      let form = ImageReply.Form(rawValue: UInt8(shape.form))
    else { return }
    precondition(
      shape.row_bytes == Int(shape.width) * form.channelCount, "\(shape.row_bytes) bytes a row")
    writer.begin(width: Int(shape.width), height: Int(shape.height), form)
    var row = [UInt8](repeating: 0, count: shape.row_bytes)
    for _ in 0..<shape.height {
      guard succeeded(cimages_read_row(reader, &row)) else { return }
      writer.put(row: row)
    }
    guard succeeded(cimages_finish(reader)) else { return }
    writer.end(warning: String(cString: cimages_warning(reader)))
  }
}
