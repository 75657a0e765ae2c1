import Testing
import Verification

@Suite struct NearNameTests {
  static let names = ["conv1", "bn_conv1", "res2a_branch2a", "res2a_branch2b", "fc1000", "prob"]

  @Test(arguments: [
    ("conv0", "conv1"), ("Conv1", "conv1"), ("bn_cnov1", "bn_conv1"), ("bnconv1", "bn_conv1"),
    ("res2a_branch2", "res2a_branch2a"), ("fc100", "fc1000"), ("pro", "prob"), ("pool5", nil),
    ("", nil), ("conv1", nil),
  ])
  func `the nearest name is proposed if it is near`(_ name: String, _ near: String?) {
    #expect(NearName.nearest(to: name, among: Self.names) == near)
  }

  @Test func `no name is too long`() {
    let long = String(repeating: "a", count: 100_000)
    #expect(NearName.nearest(to: long, among: Self.names + [long + "b"]) == nil)
  }
}
