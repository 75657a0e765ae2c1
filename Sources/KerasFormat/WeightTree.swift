internal import Files
internal import HDF5
internal import ModelIO
internal import TensorCore

/// The tensors of a file of Keras, or of all the files that one was cut into.
struct WeightTree: Sendable {
  /// What the files hold together.
  private(set) var root: HDF5File.Group
  /// What was taken for granted, one sentence each.
  private(set) var notes: [String] = []
  private let files: [HDF5File]
  /// Which file holds a dataset, by its path; empty where there is one file.
  private var places: [String: Int] = [:]

  /// Lists what a file holds, and in what files its parts are where it is the index of shards.
  ///
  /// - Throws: `FormatError` with the path of the object that is not as Keras writes it.
  init(_ input: InputFile, shards: [InputFile]) throws(FormatError) {
    if KerasFile(input.bytes) == .shardIndex {
      let index = try inFile(input) { () throws(FormatError) in try ShardIndex(input.bytes) }
      var files: [HDF5File] = []
      for name in index.fileNames {
        files.append(
          try HDF5File(try index.shard(name, of: input, among: shards), readsAttributes: true))
      }
      self.files = files
      (root, places) = try inFile(input) { () throws(FormatError) in try index.joined(files) }
      notes.append("joined \(files.count) shards")
    } else {
      files = [try HDF5File(input, readsAttributes: true)]
      root = files[0].root
    }
    notes += files.flatMap(\.notes)
    readBrainFloats()
  }

  /// The shards; none where there is one file.
  var shards: [InputFile] { places.isEmpty ? [] : files.map(\.file) }

  /// The elements of a dataset.
  ///
  /// - Throws: as `HDF5File.tensor`.
  func tensor(_ dataset: HDF5File.Dataset) throws(FormatError) -> Tensor {
    try files[places[dataset.path] ?? 0].tensor(dataset)
  }

  /// The name of the shard that holds a dataset; nil where there is one file.
  func shardName(of dataset: HDF5File.Dataset) -> String? {
    places[dataset.path].map { files[$0].file.name }
  }

  /// Finds numbers of the type bfloat16, which NumPy stores as two bytes of nobody knows what: an
  /// attribute says what they are, in `.weights.h5` only. No other type of Keras is stored so.
  private mutating func readBrainFloats() {
    var untold: [String] = []
    root = root.mappingDatasets { dataset in
      guard let numbers = dataset.opaqueElements(as: .bfloat16) else { return dataset }
      switch dataset.attributes["dtype"] {
      case .strings(["bfloat16"])?: return numbers
      case nil:
        untold.append(dataset.path)
        return numbers
      case .strings?, .integers?, .numbers?, .other?: return dataset
      }
    }
    guard !untold.isEmpty else { return }
    notes.append(
      "took elements of two bytes without a type for bfloat16, which NumPy stores so: "
        + listed(untold).joined(separator: ", "))
  }
}
