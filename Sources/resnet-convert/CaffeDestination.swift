import ResNetKit
import ToolSupport

/// The files of Caffe that a conversion writes.
struct CaffeDestination {
  let definition: OutputFile
  let weights: OutputFile
  /// Whether all files go to a folder, and not to the names the user gave.
  private let isFolder: Bool
  /// Opens the file for the mean image, if it is wanted.
  let mean: () throws(FormatError) -> OutputFile?
  /// Opens the file for the labels, if they are wanted.
  let labels: () throws(FormatError) -> OutputFile?

  /// Files by their names, or all of them in a folder.
  init(
    _ paths: [String], stem: String, open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) {
    isFolder = paths.count == 1
    if isFolder {
      let prefix = paths[0] + (paths[0].hasSuffix("/") ? "" : "/") + stem
      definition = try open(prefix + ".prototxt")
      weights = try open(prefix + ".caffemodel")
      mean = { () throws(FormatError) in try open(prefix + "-mean.binaryproto") }
      labels = { () throws(FormatError) in try open(prefix + "-labels.txt") }
      return
    }
    var files: [String: OutputFile] = [:]
    for path in paths { files[kind(of: path)] = try open(path) }
    definition = files["prototxt"]!  // the names were checked: `Destination.Format.init(of:among:)`
    weights = files["caffemodel"]!
    let (mean, labels) = (files["binaryproto"], files["txt"])
    self.mean = { mean }
    self.labels = { labels }
  }
}

extension CaffeDestination {
  /// Writes and verifies all files, but leaves them without names.
  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs {
    let files = try CaffeFormat().encode(model)
    var outputs = PreparedOutputs(
      files: [try files.prepareDefinition(for: definition)], tensors: [], notes: files.notes,
      layerCount: files.layerCount)
    if files.hasWeights || !isFolder {
      let (file, tensors) = try files.prepareWeights(for: weights)
      outputs.files.append(file)
      outputs.tensors = tensors
    } else {
      outputs.notes.append("the model has no weights: there is no caffemodel to write")
    }
    if files.hasMean {
      if let mean = try mean() {
        outputs.files.append(try files.prepareMean(for: mean))
      } else {
        outputs.notes.append("the mean image was not written: name a MEAN.binaryproto for it")
      }
    }
    if files.hasLabels {
      if let labels = try labels() {
        outputs.files.append(try files.prepareLabels(for: labels))
      } else {
        outputs.notes.append("the labels were not written: name a LABELS.txt for them")
      }
    }
    return outputs
  }
}
