import Files
import TensorCore

@testable import HDF5

extension FuzzTarget {
  /// Lists everything in an HDF5 file, and reads every dataset.
  static func readHDF5(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let input = InputFile(path: "file.h5", bytes: bytes)
    let bare = try accepted { () throws(FormatError) in try HDF5File(input) }
    let kinds = try accepted { () throws(FormatError) in try HDF5File.kinds(inRootOf: input) }
    let names = try accepted { () throws(FormatError) in
      try HDF5File.attributeNames(inRootOf: input)
    }
    let file = try accepted { () throws(FormatError) in
      try HDF5File(input, readsAttributes: true)
    }
    if let bare {
      try require(
        kinds?.count == bare.root.members.count
          && bare.root.members.allSatisfy { kinds?[$0.name] != nil },
        "the kinds in the root are those of its members")
      try require(
        HDF5File.unsupportedFeature(of: input) == nil, "a file that is read has nothing that is not"
      )
      for dataset in bare.root.datasets { try read(dataset, of: bare) }
    }
    guard let file else { return false }
    try require(
      bare?.root.datasets.count == file.root.datasets.count,
      "attributes are no obstacle to a list without them")
    try require(
      names.map { $0 == Set(file.root.attributes.keys) } ?? false,
      "the names of attributes are those of the attributes")
    return true
  }

  private static func read(
    _ dataset: HDF5File.Dataset, of file: HDF5File
  ) throws(Contradiction) {
    // A small file may hold a megabyte of nothing; larger ones would only take the time of others.
    guard dataset.byteCount ?? 0 <= 1 << 20 else { return }
    let tensor = try accepted { () throws(FormatError) in try file.tensor(dataset) }
    guard let tensor else { return }
    try require(
      tensor.shape == dataset.shape && tensor.byteCount == dataset.byteCount
        && dataset.unsupportedFeature == nil,
      "the elements of a dataset are those that it declares")
    if let run = dataset.run {
      try require(
        run.lowerBound >= 0 && run.upperBound <= file.file.bytes.count,
        "elements lie in the file")
    }
  }
}
