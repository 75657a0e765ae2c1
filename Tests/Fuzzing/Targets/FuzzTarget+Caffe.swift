import Files
import ModelGraph
import ModelIO
import TensorCore

@testable import CaffeFormat
@testable import Protobuf

extension FuzzTarget {
  static func readDefinition(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let source = try source(inText: bytes)
    if let encoded = source.weights { try checkTakingApart(encoded.bytes) }
    _ = try accepted { () throws(FormatError) in
      try CaffeFormat().readModel(
        from: CaffeSource(definition: .labelled, labels: .named("labels.txt", bytes))
      ).model
    }
    // By the length, so that each gets its share.
    let options = ReadingOptions(
      inputShape: bytes.count % 4 == 0 ? [2, 3, 9, 7] : nil,
      caffe: .init(
        ignoresExtraWeights: bytes.count % 2 == 0,
        state: .init(phase: bytes.count % 3 == 0 ? .train : .test)))
    return try readModel(source, options)
  }

  /// A definition as text; behind a zero byte its caffemodel as text, encoded.
  static func source(inText bytes: Bytes) throws(Contradiction) -> CaffeSource {
    let (definition, weights) = bytes.splitAtZero
    let encoded = try weights.flatMap { (text) throws(Contradiction) in
      try accepted { () throws(FormatError) in
        var parser = try TextFormatParser(text, rules: CaffeNet.textRules)
        return Bytes(try parser.message(.net))
      }
    }
    return CaffeSource(definition: .definition(definition), weights: encoded)
  }

  static func readCaffemodel(_ bytes: Bytes) throws(Contradiction) -> Bool {
    try checkTakingApart(bytes)
    let isMean = try readModel(
      CaffeSource(definition: .labelled, mean: .named("mean.binaryproto", bytes)))
    return try readModel(CaffeSource(weights: bytes)) || isMean
  }

  static func readCaffe(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let (definition, weights) = bytes.splitAtZero
    return try readModel(CaffeSource(definition: .definition(definition), weights: weights))
  }

  private static func readModel(
    _ source: CaffeSource,
    _ options: ReadingOptions = ReadingOptions(caffe: .init(ignoresExtraWeights: true))
  ) throws(Contradiction) -> Bool {
    // Not instrumented, and not ours to mend: the tests of HDF5 have damaged files of their own.
    guard source.files.allSatisfy({ CaffeFileKind($0.bytes) != .hdf5 }) else { return false }
    let model = try accepted { () throws(FormatError) in
      try CaffeFormat().readModel(from: source, options: options).model
    }
    // What the contents say, as the tools do it.
    _ = try accepted { () throws(FormatError) in try CaffeSource(sorting: source.files) }
    guard let model else { return false }
    try check(model)
    return true
  }

  /// What is left of a caffemodel without its tensors is a message that stays as it is.
  private static func checkTakingApart(_ bytes: Bytes) throws(Contradiction) {
    guard let once = try accepted({ () throws(FormatError) in try NetMessage(bytes) }) else {
      return
    }
    let twice = try accepted { () throws(FormatError) in try NetMessage(Bytes(once.definition)) }
    try require(
      twice?.definition == once.definition && twice?.unknownFields.isEmpty == true,
      "a definition without tensors is taken apart without a change")
  }
}

extension CaffeSource {
  fileprivate init(definition: InputFile? = nil, weights: Bytes?) {
    self.init(definition: definition, weights: weights.map { .named("net.caffemodel", $0) })
  }
}

extension InputFile {
  fileprivate static func named(_ path: String, _ bytes: Bytes) -> InputFile {
    InputFile(path: path, bytes: bytes)
  }

  fileprivate static func definition(_ bytes: Bytes) -> InputFile { named("net.prototxt", bytes) }

  /// A network without weights, for files that are read beside one.
  fileprivate static let labelled = definition(
    Bytes(
      Array(
        """
        layer { name: "data" type: "Input" top: "data"
          input_param { shape { dim: 1 dim: 1 dim: 4 dim: 4 } } }
        layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }
        """.utf8)))
}
