import ChildProcesses
import Files
import Foundation
import Images
import ModelGraph
import TensorCore
import TestSupport
import Testing

/// Images that lie, are cut off, or are meant to hurt: one line, soon.
@Suite struct HostileImageTests {
  /// What is to be passed over.
  private static let sound = ["bomb-text.png", "bomb-profile.png", "text-check.png"]
  /// Enough pixels come before the damage, or any bytes are pixels.
  private static let tolerated = ["bomb-pixels.png", "arithmetic.jpg"]

  @Test(arguments: Fixtures.hostile)
  func `a hostile image is one line, soon`(name: String) throws {
    let start = ContinuousClock.now
    do {
      let image = try Fixtures.decode(name)
      #expect(Self.sound.contains(name) || Self.tolerated.contains(name))
      #expect(image.pixels.size.width < 100)
    } catch let error as FormatError {
      #expect(!Self.sound.contains(name), "\(error)")
      #expect([.badModel, .refused].contains(error.kind), "\(error)")
      #expect(error.file?.hasSuffix(name) == true)
      #expect(!error.description.contains("\n") && !error.reason.isEmpty)
      // By the decoder itself: none of these may kill it.
      #expect(!error.reason.contains("was ended") && !error.reason.contains("died"), "\(error)")
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(arguments: [
    ("empty.jpg", "expected an image in JPEG or PNG, found an empty file"),
    ("gif.png", "expected an image in JPEG or PNG, found GIF"),
    ("webp.jpg", "expected an image in JPEG or PNG, found WebP"),
    ("half.jpg", "cut off: the image goes on behind the end"),
    ("no-end.jpg", "cut off: the image goes on behind the end"),
    ("half.png", "cut off: the image goes on behind the end"),
    ("huge.jpg", "Maximum supported image dimension is 65500 pixels (libjpeg)"),
    ("huge.png", "expected at most 67108864 pixels, found 65535 x 65535"),
    ("large.jpg", "8000 x 8000 pixels cannot be in a file of"),
    ("large.png", "8000 x 8000 pixels cannot be in a file of"),
  ])
  func `the line says what is wrong`(name: String, reason: String) throws {
    let error = try #require(throws: FormatError.self) { try Fixtures.decode(name) }
    #expect(error.reason.hasPrefix(reason), "\(error)")
  }

  @Test func `what must be held as a whole is bounded by the size of the file`() throws {
    // 186 KB could hold so many pixels; the memory for them is not given.
    var png = try Fixtures.file("large-interlaced.png").bytes.array
    png += [UInt8](repeating: 0, count: 200_000)
    let error = try #require(throws: FormatError.self) { try Fixtures.decode(bytes: png) }
    #expect(error.kind == .refused)
    #expect(error.reason.hasPrefix("an interlaced PNG needs 192000000 bytes of memory"), "\(error)")
  }

  @Test func `a progressive JPEG may not have thousands of scans`() throws {
    let jpeg = try Fixtures.file("rgb-progressive.jpg").bytes.array
    // From the first begin of a scan to the next marker.
    let start = try #require(
      jpeg.indices.dropLast().first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xda })
    let end = try #require(
      (start + 2..<jpeg.count - 1).first {
        jpeg[$0] == 0xff && jpeg[$0 + 1] >= 0xc0 && jpeg[$0 + 1] != 0xff
      })
    let scans = (0..<3000).flatMap { _ in jpeg[start..<end] }
    let error = try #require(throws: FormatError.self) {
      try Fixtures.decode(bytes: jpeg[..<start] + scans + jpeg[end...])
    }
    #expect(error.kind == .refused)
    #expect(error.reason == "expected at most 100 scans, found more")
  }

  @Test func `megabytes of text are passed over`() throws {
    let png = try Fixtures.file("texts.png").bytes.array
    let text = Array("tEXt".utf8) + [UInt8](repeating: 0x61, count: 12 << 20)
    // A wrong check of a text is no reason to refuse an image.
    let chunk =
      (0..<4).map { UInt8((text.count - 4) >> (24 - 8 * $0) & 255) } + text + [1, 2, 3, 4]
    let image = try Fixtures.decode(bytes: png[..<33] + chunk + png[33...])
    let whole = try Fixtures.decode("texts.png")
    #expect(image.pixels.samples == whole.pixels.samples)
  }

  @Test(arguments: ["rgb-420.jpg", "rgb-progressive.jpg", "palette-8-interlaced.png", "rgba-8.png"])
  func `a damaged image is pixels or an error`(name: String) throws {
    let whole = try Fixtures.file(name).bytes.array
    var random = SeededGenerator(seed: 14)
    for _ in 0..<40 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      do {
        _ = try Fixtures.decode(bytes: bytes)
      } catch let error as FormatError {
        #expect(!error.reason.isEmpty && !error.reason.contains("died"), "\(error)")
      }
    }
  }

  /// Answers that no decoder of this version gives.
  @Test(arguments: [
    ("echo hello", "another signature"),
    ("printf 'RTIM\\001\\0\\0\\0\\0\\0\\0\\0\\0\\007'", "an unknown step"),
    ("printf 'RTIM\\001\\0\\0\\0\\0\\0\\0\\0\\0\\001\\377\\377\\377\\377\\0\\0\\0\\0'", "columns"),
    (
      "printf 'RTIM\\001\\0\\0\\0\\0\\0\\0\\0\\0\\001\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\003'",
      "an image of 65536x65536"
    ),
    (
      "printf 'RTIM\\001\\0\\0\\0\\0\\0\\0\\0\\0\\001\\1\\0\\0\\0\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\003\\002'",
      "an end after 0 of 1 rows"
    ),
    ("kill -SEGV $$", "died of this file (signal 11)"),
    ("exit 3", "with exit code 3"),
  ])
  func `an answer is believed as little as the image`(script: String, reason: String) throws {
    let folder = TemporaryFolder()
    let program = try folder.write("decoder", text: "#!/bin/bash\n\(script)\n")
    chmod(program, 0o755)
    let error = try #require(throws: FormatError.self) {
      try DecodedImage(Fixtures.file("texts.png"), by: HelperProgram(path: program))
    }
    #expect(error.reason.contains(reason), "\(error)")
  }
}
