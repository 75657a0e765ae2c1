extension NPZ {
  /// Names for arrays that an archive can hold, each another: they are paths to who extracts it.
  ///
  /// ONNX names tensors `/layer1/conv/weight`, which would lie outside of any folder: slashes at the
  /// ends and double ones are left out, and what else must not be in a path becomes `_`.
  public static func names(for wanted: [String]) -> [String] {
    var taken = Set(wanted.filter { safe($0) == $0 })
    return wanted.map { name in
      let plain = safe(name)
      if plain == name { return name }
      var candidate = plain
      var count = 1
      while !taken.insert(candidate).inserted {
        count += 1
        candidate = "\(plain)_\(count)"
      }
      return candidate
    }
  }

  private static func safe(_ name: String) -> String {
    // By bytes, as the reader checks them: a character can be a slash and an accent.
    let parts = name.utf8.split(separator: UInt8(ascii: "/")).map { part in
      part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8)
        ? part.map { _ in UInt8(ascii: "_") }
        : part.map { $0 == 0 || $0 == UInt8(ascii: "\\") ? UInt8(ascii: "_") : $0 }
    }
    let bytes = Array(parts.joined(separator: [UInt8(ascii: "/")]))
    let text = String(decoding: bytes, as: UTF8.self)
    return text.isEmpty ? "_" : text
  }
}
