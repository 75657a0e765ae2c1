import Foundation

extension Seeds {
  /// Writes a folder of seeds and a dictionary for each target: `FOLDER/npz`, `FOLDER/npz.dict`.
  func write(to folder: String) throws {
    for target in FuzzTarget.allCases {
      let path = "\(folder)/\(target.rawValue)"
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let seeds = files[target, default: []].sorted { $0.lexicographicallyPrecedes($1) }
      for (index, seed) in seeds.enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(path)/\(index)"))
      }
      let lines = words[target, default: []].map(Self.quoted).sorted().map { $0 + "\n" }
      try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path + ".dict"))
    }
  }

  /// A word as libFuzzer's dictionaries want it.
  private static func quoted(_ word: [UInt8]) -> String {
    let content = word.map { byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
      case 0x20..<0x7f: String(UnicodeScalar(byte))
      default: String(format: "\\x%02x", byte)
      }
    }
    return "\"\(content.joined())\""
  }
}
