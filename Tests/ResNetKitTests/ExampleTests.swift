import ResNetKit
import TestSupport
import Testing

/// The example of the README, run as it stands.
@Suite struct ExampleTests {
  @Test func `a model is read, run and verified in a few lines`() throws {
    let definition = Places.fixture("digits/digits-resnet.prototxt")
    let weights = Places.fixture("digits/digits-resnet.caffemodel")
    let fixture = Places.fixture("digits/digits-golden-layers.npz")

    let model = try CaffeFormat().readModel(
      from: [InputFile(path: definition), InputFile(path: weights)], options: ReadingOptions())
    let arrays = try NPZ.read(InputFile(path: fixture))
    let golden = try Fixture(arrays: arrays, for: model)

    let plan = try ExecutionPlan(
      for: model.network, inputShapes: golden.inputs.mapValues(\.shape))
    let outputs = try Executor(plan, threadCount: 2).run(golden.inputs)
    #expect(outputs["prob"]?.shape == [2, 10])

    let scale = try RoundingScale(of: model.network, for: golden)
    let verification = try FixtureVerification(
      of: model.network, on: golden, engine: .fast(threadCount: 2), scale: scale)
    #expect(verification.passes)
  }
}
