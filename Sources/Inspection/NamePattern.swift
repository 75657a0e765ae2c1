/// A pattern for names: `*` stands for any characters, `?` for one, all others for themselves.
public struct NamePattern: Sendable, Equatable {
  private let characters: [Character]

  /// A pattern.
  public init(_ text: String) { characters = Array(text) }

  /// Whether the whole name is of the pattern.
  public func matches(_ name: String) -> Bool {
    let name = Array(name)
    var (place, index) = (0, 0)
    // The last star, and where the name goes on behind what it stands for.
    var star: (place: Int, index: Int)?
    while index < name.count {
      if place < characters.count, characters[place] == "*" {
        star = (place, index)
        place += 1
      } else if place < characters.count,
        characters[place] == "?" || characters[place] == name[index]
      {
        place += 1
        index += 1
      } else if let last = star {
        star = (last.place, last.index + 1)
        (place, index) = (last.place + 1, last.index + 1)
      } else {
        return false
      }
    }
    return characters[place...].allSatisfy { $0 == "*" }
  }
}
