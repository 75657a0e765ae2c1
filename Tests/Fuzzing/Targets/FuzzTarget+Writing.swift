import CaffeFormat
import Files
import ModelGraph
import ModelIO
import Reference
import Runtime
import TensorCore

extension FuzzTarget {
  /// Writes a model as Caffe's files, reads them, and computes the same with both if it is small.
  static func write(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let source = try source(inText: bytes)
    let model = try accepted { () throws(FormatError) in
      try CaffeFormat().readModel(from: source, options: ReadingOptions()).model
    }
    guard let model,
      let files = try accepted({ () throws(FormatError) in try CaffeFormat().encode(model) })
    else { return false }
    let copy: Model
    do {
      copy = try written(files)
    } catch {
      throw Contradiction("broken: what is written for Caffe can be read: \(error)")
    }
    guard model.network.isSmall, copy.network.isSmall else { return true }
    do {
      let (expected, found) = (try outputs(of: model.network), try outputs(of: copy.network))
      // Zeros around a kernel are no longer neutral beside an infinity.
      guard expected.allSatisfy({ $0.elements.allSatisfy(\.isFinite) }) else { return true }
      try require(
        expected.count == found.count
          && zip(expected, found).allSatisfy { $0.agrees(with: $1) },
        "what is written for Caffe computes the same")
    } catch let contradiction as Contradiction {
      throw contradiction
    } catch {
      throw Contradiction("\(error)")
    }
    return true
  }

  private static func written(_ files: EncodedCaffeModel) throws(FormatError) -> Model {
    let output = try OutputFile(path: "\(scratchFolder)/fuzzed.caffemodel", replacing: true)
    let weights = files.hasWeights ? try files.prepareWeights(for: output).file.contents : nil
    let source = CaffeSource(
      definition: InputFile(path: "net.prototxt", bytes: Bytes(Array(files.definition.utf8))),
      weights: weights.map { InputFile(path: "net.caffemodel", bytes: $0) })
    return try CaffeFormat().readModel(from: source, options: ReadingOptions()).model
  }

  /// The outputs in their order, which rewriting keeps; it may change names.
  private static func outputs(of network: Network) throws -> [OracleValue] {
    var values: [String: OracleValue] = [:]
    try Oracle(network).run(countingInputs(of: network)) { values[$0] = $1 }
    return network.outputs.compactMap { values[$0] }
  }
}

extension OracleValue {
  /// Whether the numbers are the same but for rounding in another order.
  fileprivate func agrees(with other: OracleValue) -> Bool {
    let scale = elements.reduce(1) { max($0, $1.magnitude) }
    return shape == other.shape
      && zip(elements, other.elements).allSatisfy { ($0 - $1).magnitude <= 1e-9 * scale }
  }
}
