import Files
import Images
import ModelGraph
import TensorCore
import TestSupport
import Testing

/// Pixels as Pillow decodes them, in a process that may die.
@Suite struct DecodingTests {
  @Test func `there are images of every kind`() {
    #expect(Fixtures.pictures.count > 30 && Fixtures.hostile.count > 30)
  }

  @Test(arguments: Fixtures.pictures)
  func `the bytes are Pillow's`(name: String) throws {
    let image = try Fixtures.decode(name)
    let expected = try #require(Fixtures.expected[name])
    #expect(expected.shape == [image.pixels.size.height, image.pixels.size.width, 3])
    #expect(image.pixels.array == expected.floats)
  }

  @Test(arguments: [
    ("rgba-8.png", true), ("grey-alpha-8.png", true), ("palette-alpha.png", true),
    ("rgb-key.png", true), ("rgb-420.jpg", false), ("palette-1.png", false),
  ])
  func `transparency is said`(name: String, isTransparent: Bool) throws {
    #expect(
      try Fixtures.decode(name).notes
        == (isTransparent ? ["the image is transparent: composed on white"] : []))
  }

  @Test func `a transparent image is seen on another colour, or without alpha`() throws {
    let file = try Fixtures.file("rgba-8.png")
    func sum(_ background: BackgroundColour?) throws -> Float {
      try DecodedImage(file, by: Fixtures.decoder, background: background).pixels.array.reduce(0, +)
    }
    let (black, white) = (try sum(BackgroundColour(named: "black")), try sum(.white))
    #expect(black < white)
    #expect(try sum(BackgroundColour(named: "#ffffff")) == white)
    #expect(try sum(nil) > black)
  }

  @Test(
    arguments: [("#ff8001", [255, 128, 1]), ("grey", [128, 128, 128])] as [(String, [UInt8])])
  func `colours have names`(name: String, parts: [UInt8]) throws {
    let colour = try #require(BackgroundColour(named: name))
    #expect([colour.red, colour.green, colour.blue] == parts)
  }

  @Test(arguments: ["#ff80", "pink", "#gg0000", ""])
  func `other words are no colours`(name: String) {
    #expect(BackgroundColour(named: name) == nil)
  }

  @Test(arguments: 1...8)
  func `Exif says which way up an image is`(number: Int) throws {
    #expect(try Fixtures.decode("exif-\(number).jpg").orientation?.rawValue == number)
  }

  @Test(arguments: ["exif-none.jpg", "rgb-420.jpg", "texts.png"])
  func `without a number that Exif has it says nothing`(name: String) throws {
    #expect(try Fixtures.decode(name).orientation == nil)
  }

  @Test func `a PNG has Exif, too`() throws {
    #expect(try Fixtures.decode("exif-6.png").orientation == .turnedLeft)
  }

  /// Of 0 1 2 over 3 4 5, as ImageOps.exif_transpose gives it.
  @Test(
    arguments: [
      (.upright, 3, [0, 1, 2, 3, 4, 5]), (.mirrored, 3, [2, 1, 0, 5, 4, 3]),
      (.upsideDown, 3, [5, 4, 3, 2, 1, 0]), (.flipped, 3, [3, 4, 5, 0, 1, 2]),
      (.transposed, 2, [0, 3, 1, 4, 2, 5]), (.turnedLeft, 2, [3, 0, 4, 1, 5, 2]),
      (.transverse, 2, [5, 2, 4, 1, 3, 0]), (.turnedRight, 2, [2, 5, 1, 4, 0, 3]),
    ] as [(ImageOrientation, Int, [UInt8])])
  func `pixels are turned`(orientation: ImageOrientation, width: Int, levels: [UInt8]) {
    let image = PixelBytes(
      size: Extent(height: 2, width: 3), samples: Bytes((0..<6).flatMap { [$0, $0, $0] }))
    let seen = image.upright(from: orientation)
    #expect(seen.size == Extent(height: 6 / width, width: width))
    #expect(seen.samples.array == levels.flatMap { [$0, $0, $0] })
  }
}
