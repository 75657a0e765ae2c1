import Images
import ModelGraph
import TensorCore
import TestSupport
import Testing

/// Sizes as others make them: the bytes of Pillow, OpenCV and pycaffe within 1 of 255.
@Suite struct ResizingTests {
  private static let cases: [(String, Resizer)] = ["rgb-420.jpg", "palette-1.png", "one.jpg"]
    .flatMap { name in Resizer.allCases.map { (name, $0) } }

  @Test(arguments: cases)
  func `a resizer imitates what it is named after`(name: String, resizer: Resizer) throws {
    let image = try Fixtures.decode(name)
    let expected = try #require(Fixtures.expected["resized/\(name)/\(resizer.rawValue)"])
    let found = resizer.resize(image.pixels, to: Extent(height: 17, width: 23))
    #expect(expected.shape == [17, 23, 3])
    let worst = zip(found.samples, expected.floats).map { ($0 - $1).magnitude }.max()
    let bound: Float =
      switch resizer {
      case .pillowNearest, .pillowBilinear, .pillowBicubic: 0
      case .openCVLinear, .openCVArea, .openCVCubic: 1
      case .pycaffe: 1e-4
      }
    #expect(worst ?? .infinity <= bound)
  }

  @Test(arguments: Resizer.allCases)
  func `the same size is the same image`(resizer: Resizer) throws {
    let image = try Fixtures.decode("rgb-422.jpg").pixels
    #expect(resizer.resize(image, to: image.size).samples == image.array)
  }

  @Test(arguments: Resizer.allCases.filter { $0 != .pycaffe })
  func `one colour stays that colour`(resizer: Resizer) {
    let image = PixelBytes(
      size: Extent(height: 5, width: 7),
      samples: Bytes((0..<35).flatMap { _ in [9, 130, 255] as [UInt8] }))
    for size in [Extent(3), Extent(height: 11, width: 2), Extent(height: 1, width: 40)] {
      let found = resizer.resize(image, to: size)
      #expect(found.size == size)
      #expect(
        found.samples == (0..<size.height * size.width).flatMap { _ in [9, 130, 255] as [Float] })
    }
  }

  @Test func `beyond the edges pycaffe sees the darkest value`() {
    let image = PixelBytes(
      size: Extent(height: 1, width: 2), samples: Bytes([40, 40, 40, 200, 200, 200]))
    // A quarter of the outer pixels lies outside, in both directions.
    let found = Resizer.pycaffe.resize(image, to: Extent(height: 2, width: 4)).samples
    let reds = stride(from: 0, to: 12, by: 3).map { found[$0] }
    #expect(reds == [40, 70, 130, 130])
  }
}
