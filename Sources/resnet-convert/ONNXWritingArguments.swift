import ArgumentParser
import ResNetKit

/// Options about how an ONNX file is written.
struct ONNXWritingArguments: ParsableArguments {
  @Option(
    help: """
      The set of operators of an ONNX file: 11 to 22; 13, which every runtime reads, if none is \
      named.
      """)
  var opset: Int?

  @Flag(
    help: """
      Put the weights of an ONNX file beside it, into NAME.onnx.data, as happens by itself above \
      2 GB.
      """)
  var externalData = false

  func validate() throws {
    guard let opset, !ONNXWritingOptions.opsets.contains(opset) else { return }
    let known = ONNXWritingOptions.opsets
    throw ValidationError(
      "--opset: expected \(known.lowerBound) to \(known.upperBound), found \(opset)")
  }

  /// Adds what was said.
  func add(to options: inout WritingOptions) {
    guard opset != nil || externalData else { return }
    options.add(
      ONNXWritingOptions(opset: opset ?? 13, hasExternalData: externalData),
      named: opset != nil ? "--opset" : "--external-data")
  }
}
