import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Definitions for several purposes: which layers belong to the one that is asked for.
struct StageTests {
  /// One definition to train, to validate and to deploy.
  private let allInOne = """
    layer { name: 'train' type: 'Data' top: 'scaled' include { stage: 'train' } }
    layer { name: 'val' type: 'Data' top: 'scaled' include { stage: 'val' } }
    layer { name: 'scale' type: 'Power' bottom: 'data' top: 'scaled' include { stage: 'deploy' } }
    layer { name: 'a' type: 'TanH' bottom: 'scaled' top: 'a' }
    layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'a' bottom: 'label' top: 'loss'
      exclude { stage: 'deploy' } }
    layer { name: 'softmax' type: 'Softmax' bottom: 'a' top: 'softmax' include { stage: 'deploy' } }
    """

  private func names(_ text: String, _ state: CaffeOptions.State) throws -> [String] {
    try read(text, inputShape: [1, 4], state: state).network.nodes.map(\.name)
  }

  @Test func `layers that compute are not dropped because nobody named a stage`() {
    #expect(
      failure { try read(allInOne, inputShape: [1, 4]) }
        == "net.prototxt: layers that compute belong to some stages or levels only: scale (Power), "
        + "softmax (Softmax); name a stage with --stage: train, val, deploy")
  }

  @Test func `a stage admits its layers`() throws {
    #expect(try names(allInOne, .init(stages: ["deploy"])) == ["data", "scale", "a", "softmax"])
    #expect(try names(allInOne, .init(stages: ["val"])) == ["scaled", "a"])
    #expect(
      try names("state { stage: 'deploy' } " + allInOne, .init())
        == ["data", "scale", "a", "softmax"])
  }

  @Test func `a stage that no rule names is refused`() {
    #expect(
      failure { try names(allInOne, .init(stages: ["depoly"])) }
        == "net.prototxt: expected a stage of the definition after --stage, found \"depoly\"; it has "
        + "train, val, deploy")
  }

  @Test(arguments: [
    ("include { min_level: 1 }", 1), ("include { min_level: 2 }", nil),
    ("include { max_level: 1 }", 1),
    ("exclude { min_level: 1 }", nil), ("include { max_level: 0 }", nil),
  ])
  func `a level admits layers by their bounds`(rules: String, admitting level: Int?) throws {
    let text = """
      input: 'data' layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' }
      layer { name: 'b' type: 'TanH' bottom: 'a' top: 'b' \(rules) }
      """
    #expect(
      try names(text, .init(level: 1)) == (level == nil ? ["data", "a"] : ["data", "a", "b"]))
  }

  @Test func `a level that nobody named is asked for`() {
    let text = """
      input: 'data' layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' include { min_level: 1 } }
      """
    #expect(
      failure { try names(text, .init()) }
        == "net.prototxt: layers that compute belong to some stages or levels only: a (TanH); "
        + "name a level with --level: its rules name 1")
  }

  @Test func `layers of the other phase are noted, not asked about`() throws {
    let text = """
      input: 'data' layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' include { phase: TRAIN } }
      layer { name: 'b' type: 'Sigmoid' bottom: 'data' top: 'b' include { phase: TEST } }
      """
    let model = try read(text, inputShape: [1, 4])
    #expect(model.network.nodes.map(\.name) == ["data", "b"])
    #expect(model.provenance.notes == ["left out for inference: a (TanH)"])
    #expect(try names(text, .init(phase: .train)) == ["data", "a"])
  }

  @Test func `a caffemodel alone has no other layers to choose from`() {
    let layer = "layer { name: 'w' type: 'PReLU' bottom: 'data' top: 'w' \(blob([4])) }"
    #expect(
      failure {
        try read(nil, weights: layer, inputShape: [1, 4], state: .init(stages: ["deploy"]))
      }
        == "net.caffemodel: --stage, --level and --phase choose layers of a prototxt; a caffemodel alone "
        + "holds those of the net that was saved")
  }
}
