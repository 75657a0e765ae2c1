import ChildProcesses
import Containers
import Files
import Foundation
import Images
import TensorCore
import TestSupport

/// The images of `fixtures/images` and what others make of them.
enum Fixtures {
  static let decoder = HelperProgram(
    path: Places.tools.appendingPathComponent("resnet-image-decoder").path)

  /// What Pillow, OpenCV and scikit-image make of the images.
  static let expected: [String: Tensor] = {
    guard let file = try? InputFile(path: Places.fixture("images/expected.npz")),
      let arrays = try? NPZ.read(file)
    else { return [:] }
    return Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.tensor) })
  }()

  static let pictures: [String] = names(in: "pictures")
  static let hostile: [String] = names(in: "hostile")

  private static func names(in folder: String) -> [String] {
    let path = Places.fixture("images/\(folder)")
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  static func file(_ name: String) throws -> InputFile {
    let folder = pictures.contains(name) ? "pictures" : "hostile"
    return try InputFile(path: Places.fixture("images/\(folder)/\(name)"))
  }

  static func decode(_ name: String) throws -> DecodedImage {
    try DecodedImage(file(name), by: decoder)
  }

  static func decode(bytes: [UInt8], named name: String = "image") throws -> DecodedImage {
    try DecodedImage(InputFile(path: name, bytes: Bytes(bytes)), by: decoder)
  }
}

extension PixelBytes {
  var array: [Float] { samples.array.map { Float($0) } }
}
