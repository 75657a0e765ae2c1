import Files
import HDF5
import HDF5Library
import TensorCore

/// A reader of HDF5 files, of those that are to agree.
protocol HDF5Reading {
  var root: HDF5File.Group { get }
  func tensor(_ dataset: HDF5File.Dataset) throws(FormatError) -> Tensor
}

extension HDF5File: HDF5Reading {}
extension LibraryFile: HDF5Reading {}

extension HDF5Reading {
  /// One line for each object and each attribute, as `Tests/interop_hdf5.py` writes them: what can
  /// be said of any file in the words of both.
  var description: [String] {
    var lines: [String] = []
    var rest = [HDF5File.Object.group(root)]
    while let object = rest.popLast() {
      switch object {
      case .group(let group):
        lines.append("G\t\(group.path)")
        lines += attributeLines(group.attributes, of: group.path)
        for (name, member) in group.members {
          let path = group.path == "/" ? "/\(name)" : "\(group.path)/\(name)"
          switch member {
          case .group, .dataset: rest.append(member)
          case .namedType: lines.append("T\t\(path)")
          case .link(let link): lines.append("L\t\(path)\t\(link)")
          }
        }
      case .dataset(let dataset):
        let extents = dataset.shape.dimensions.map(String.init).joined(separator: ",")
        lines.append("D\t\(dataset.path)\t\(extents)\t\(content(of: dataset))")
        lines += attributeLines(dataset.attributes, of: dataset.path)
      case .namedType, .link: break
      }
    }
    return lines.sorted()
  }

  /// The type and the checksum of the elements, or why there are none.
  private func content(of dataset: HDF5File.Dataset) -> String {
    if dataset.unsupportedFeature != nil { return "unsupported" }
    guard case .numbers(let type, _) = dataset.elements else {
      return dataset.elements.description
    }
    guard let bytes = (try? tensor(dataset))?.storedBytes else { return "\(type)\tmissing" }
    return "\(type)\t\(CRC32.checksum(of: bytes.array))"
  }

  private func attributeLines(
    _ attributes: [String: HDF5File.Attribute], of path: String
  ) -> [String] {
    attributes.map { name, value in
      let text =
        switch value {
        case .strings(let strings):
          "strings \(strings.count) \(CRC32.checksum(of: Array(strings.joined(separator: "\0").utf8)))"
        case .integers(let integers): "integers \(integers)"
        case .numbers(let numbers): "numbers \(numbers.map { String($0.bitPattern, radix: 16) })"
        case .other(let name): name
        }
      return "A\t\(path)\t\(name)\t\(text)"
    }
  }
}

/// The checksum of zip and zlib, which Python has as well.
private enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xedb8_8320 }
  }

  static func checksum(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
  }
}
