internal import Files
internal import ModelGraph
internal import ModelIO

/// The files of Caffe that a conversion writes.
struct CaffeDestination: ModelDestination {
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
    _ outputs: [OutputPath], stem: String,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) {
    isFolder = outputs[0].isFolder
    if isFolder {
      let path = outputs[0].path
      let prefix = path + (path.hasSuffix("/") ? "" : "/") + stem
      definition = try open(prefix + ".prototxt")
      weights = try open(prefix + ".caffemodel")
      mean = { () throws(FormatError) in try open(prefix + "-mean.binaryproto") }
      labels = { () throws(FormatError) in try open(prefix + "-labels.txt") }
      return
    }
    var files: [String: OutputFile] = [:]
    for output in outputs { files[output.kind] = try open(output.path) }
    definition = files["prototxt"]!  // both are there: `CaffeFormat.requireModel(of:)`
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
