import ModelGraph
import ModelIO
import Testing

@Suite struct ArrayLayoutTests {
  @Test(
    arguments: [
      ("keras-3", .nhwc, "keras-3"), ("keras-3", .nchw, "keras-3-channels-first"),
      ("keras-0", .nchw, "keras-0-channels-first"), ("caffe-v1", .nchw, "caffe-v1"),
      // The layout of its input; values within the network have channels first.
      ("onnx-channels-last", .nchw, "onnx-channels-last"),
    ] as [(String, ArrayLayout, String)])
  func `the name of a dialect holds what is not usual, and gives it back`(
    _ format: String, _ layout: ArrayLayout, _ name: String
  ) {
    #expect(layout.dialect(of: format) == name)
    #expect(ArrayLayout(ofDialect: name) == layout)
  }
}
