import Containers
import Testing

@Suite struct `Names of arrays in an archive` {
  @Test(arguments: [
    ("conv1/kernel", "conv1/kernel"), ("/layer1/conv//weight/", "layer1/conv/weight"),
    ("../x", "__/x"), ("a/./b", "a/_/b"), ("a\\b", "a_b"), ("a\0b", "a_b"), ("", "_"), ("/", "_"),
    ("conv1/kernel:0", "conv1/kernel:0"),
  ]) func `are relative paths`(_ wanted: String, _ name: String) {
    #expect(NPZ.names(for: [wanted]) == [name])
  }

  @Test func `stay different, and those that are good stay as they are`() {
    #expect(NPZ.names(for: ["/a", "a", "//a", "a_2"]) == ["a_3", "a", "a_4", "a_2"])
  }
}
