import ResNetKit
import TensorCore
import TestSupport
import Testing

/// Files of two models side by side are parted by what belongs together.
@Suite struct GroupingTests {
  /// Small files by the letter of what they are.
  private static func file(_ kind: Character) throws -> InputFile {
    switch kind {
    case "p": try InputFile(path: Places.fixture("digits/digits-resnet.prototxt"))
    case "c": try InputFile(path: Places.fixture("digits/digits-resnet.caffemodel"))
    case "m": try InputFile(path: Places.fixture("digits/mean.binaryproto"))
    case "l": try InputFile(path: Places.fixture("digits/labels.txt"))
    case "j": InputFile(path: "net.json", bytes: Bytes(Array(#"{"class_name": "Model"}"#.utf8)))
    case "r":
      InputFile(
        path: "net.resnet", bytes: Bytes([0x89, 0x52, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]))
    default: InputFile(path: "other", bytes: Bytes([0, 1, 2, 3]))
    }
  }

  /// Files side by side; those between brackets are joined by commas.
  private static func words(_ kinds: String) throws -> [[InputFile]] {
    var words: [[InputFile]] = []
    for word in kinds.split(separator: " ") { words.append(try word.map { try file($0) }) }
    return words
  }

  @Test(arguments: [
    ("p c p c", 2), ("c p p c", 2), ("p c p c m l", 2), ("pc pc", 1),
    ("pc p c", 1), ("p c pc", 2), ("p c c p", 2), ("p p", 1), ("c c", 1), ("o p c", 1),
    ("p c o", 2), ("l pc", 1), ("r p c", 1), ("p c r", 2), ("r r", 1), ("j j", 1),
  ])
  func `they are parted where only one way gives two models`(_ kinds: String, _ count: Int) throws {
    #expect(try ModelFormats.partTwoModels(Self.words(kinds)) == count)
  }

  @Test(arguments: [
    ("p c", ModelFormats.GroupingFault.oneModel), ("c p m l", .oneModel), ("pc", .oneModel),
    ("p c m l p c", .several([2, 3, 4])),
    ("p c p c p c", .none), ("c p c", .several([1, 2])), ("pc pc pc", .none), ("r p c r", .none),
  ])
  func `and otherwise told`(_ kinds: String, _ fault: ModelFormats.GroupingFault) throws {
    let words = try Self.words(kinds)
    #expect(throws: fault) { try ModelFormats.partTwoModels(words) }
  }
}
