import TestSupport
import Testing

@Suite("A tool with a small stack")
struct SmallStackTests {
  @Test(arguments: [64, 128])
  func `verifies all the same`(_ kibibytes: Int) throws {
    let run = try ToolRun(
      "resnet-verify",
      [
        Places.fixture("digits/digits-resnet.prototxt"),
        Places.fixture("digits/digits-resnet.caffemodel"),
        "--fixture", Places.fixture("digits/digits-golden.npz"),
      ], limits: "ulimit -c 0 -s \(kibibytes)")
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("EQUAL: compared"))
  }
}
