public import Files
public import ModelIO

extension CaffeFormat {
  /// `Caffe`.
  public var title: String { "Caffe" }
  /// A definition and weights, perhaps with a mean image and labels.
  public var outputNaming: String {
    "NET.prototxt and NET.caffemodel (with MEAN.binaryproto, LABELS.txt), or FOLDER/"
  }
  /// `prototxt`, `caffemodel`, `binaryproto` and `txt`.
  public var outputKinds: Set<String> { ["prototxt", "caffemodel", "binaryproto", "txt"] }
  /// Yes.
  public var writesFolders: Bool { true }

  /// Refuses half a model.
  ///
  /// - Throws: `FormatError` of kind `usage` that names the other half.
  public func requireModel(of outputs: [OutputPath]) throws(FormatError) {
    guard !outputs[0].isFolder else { return }
    for (wanted, partner) in [("prototxt", "caffemodel"), ("caffemodel", "prototxt")]
    where !outputs.contains(where: { $0.kind == wanted }) {
      let half = outputs.first { $0.kind == partner } ?? outputs[0]
      let stem = half.path.dropLast(half.kind.utf8.count)
      throw FormatError(
        .usage,
        "\(half.path): half a model of Caffe: name the other half too, -o \(stem)\(wanted), or a "
          + "folder for both")
    }
  }

  /// Definition and weights, perhaps a mean image and labels.
  ///
  /// - Throws: what `open` throws, and for options, of which there are none.
  public func destination(
    _ outputs: [OutputPath], stem: String, options: WritingOptions,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) -> any ModelDestination {
    try options.refuseAll()
    return try CaffeDestination(outputs, stem: stem, open: open)
  }
}
