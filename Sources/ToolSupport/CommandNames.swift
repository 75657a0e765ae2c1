internal import ArgumentParser

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A first word that was meant as a command, where it would be taken for a file.
enum CommandNames {
  /// Why a word cannot be the first one; nil if it can be.
  ///
  /// - Parameter commands: the names of the commands; a command without a name takes files.
  static func fault(of word: String, commands: [String], tool: String) -> String? {
    guard !commands.isEmpty, !commands.contains(word), !word.hasPrefix("-"), isPlain(word),
      access(word, F_OK) != 0
    else { return nil }
    let spelled = spelledOut(word)
    let near = commands.map { name in
      (name: name, distance: min(distance(word, name), distance(spelled, name)))
    }.min { $0.distance < $1.distance }
    if let near, near.distance <= max(1, word.count / 3) {
      return "\(word): no such command or file. Did you mean \(near.name)?"
    }
    let isPair = spelled.split(separator: "-").count == 3 && spelled.contains("-to-")
    guard isPair else { return nil }
    return
      "\(word): no such command or file. Any format is converted to any by its names: \(tool) "
      + "FILE ... -o OUTPUT"
  }

  /// A path or a name with a kind is no command.
  private static func isPlain(_ word: String) -> Bool {
    word.count <= 40
      && word.utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
          || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || [0x2d, 0x5f].contains(byte)
      }
  }

  /// `Keras2Native` and `keras_to_native` as we would spell them.
  private static func spelledOut(_ word: String) -> String {
    let word = word.lowercased().map { $0 == "_" ? "-" : $0 }
    guard let two = word.firstIndex(of: "2"), two > 0, two < word.count - 1 else {
      return String(word)
    }
    return String(word[..<two]) + "-to-" + String(word[(two + 1)...])
  }

  /// How many letters are put in, taken out or changed (Levenshtein).
  private static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let changed = previous + (x == y ? 0 : 1)
        previous = row[j + 1]
        row[j + 1] = min(changed, row[j] + 1, previous + 1)
      }
    }
    return row[b.count]
  }
}

extension ParsableCommand {
  /// The names of its commands.
  static var commandNames: [String] {
    configuration.subcommands.flatMap { [$0._commandName] + $0.configuration.aliases } + ["help"]
  }
}
