public import Files
internal import ModelGraph
public import ModelIO
internal import TensorCore

extension ONNXFormat {
  /// `ONNX`.
  public var title: String { "ONNX" }
  /// `NAME.onnx`.
  public var outputNaming: String { "NAME.onnx" }
  /// `onnx`.
  public var outputKinds: Set<String> { ["onnx"] }

  /// One file, perhaps with the weights beside it.
  ///
  /// - Throws: what `open` throws, and for options of other formats.
  public func destination(
    _ outputs: [OutputPath], stem: String, options: WritingOptions,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) -> any ModelDestination {
    let choice = try options.only(ONNXWritingOptions.self)
    let path = outputs[0].path
    let output = try open(path)
    let openExternal = { () throws(FormatError) in try open(path + ".data") }
    return ONNXDestination(
      output: output, external: choice.hasExternalData ? try openExternal() : nil, choice: choice,
      openExternal: openExternal)
  }
}

private struct ONNXDestination: ModelDestination {
  let output: OutputFile
  /// The file of external data, if it is asked for.
  let external: OutputFile?
  let choice: ONNXWritingOptions
  /// Opens the file of external data, where the model turns out to need one.
  let openExternal: () throws(FormatError) -> OutputFile

  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs {
    let draft = try GraphDraft(model.network, opset: choice.opset)
    var notes = draft.remarks.sentences
    if model.preprocessing?.hasMeanImage == true {
      notes.append("the preprocessing was not written: ONNX has no place for its mean image")
    }
    var external = external
    var layout = ONNXLayout(model, draft, choice, externalName: external?.name)
    if layout.byteCount > ONNXLayout.sizeLimit, external == nil {
      let file = try openExternal()
      notes.append("the weights are beside the model, in \(file.name): protobuf's limit is 2 GB")
      layout = ONNXLayout(model, draft, choice, externalName: file.name)
      external = file
    }
    var files = [try write(layout.pieces, layout.byteCount, to: output)]
    if let external {
      files.append(try write(layout.externalPieces, layout.externalByteCount, to: external))
    }
    try check(draft, layout, files, external)
    let tensors = zip(draft.initializers, layout.places).compactMap { initializer, place in
      initializer.elementType.map { type in
        WrittenTensor(
          weight: initializer.weight, transforms: initializer.transforms,
          target: StoredTensor(
            file: place.isExternal ? external?.name ?? output.name : output.name,
            object: initializer.name, byteOffset: place.byteOffset, elementType: type,
            shape: Shape(initializer.dimensions)))
      }
    }
    return PreparedOutputs(
      files: files, tensors: tensors, notes: notes, layerCount: draft.nodes.count)
  }

  private func write(
    _ pieces: [ONNXLayout.Piece], _ byteCount: Int, to file: OutputFile
  ) throws(FormatError) -> PreparedFile {
    try file.prepare(byteCount: byteCount) { (writer) throws(FormatError) in
      for piece in pieces {
        switch piece {
        case .bytes(let bytes): try writer.write(bytes)
        case .elements(let elements): try writer.write(elements)
        }
      }
    }
  }

  /// Reads the files back: the same nodes, and the same bits of every tensor.
  private func check(
    _ draft: GraphDraft, _ layout: ONNXLayout, _ files: [PreparedFile], _ external: OutputFile?
  ) throws(FormatError) {
    var decoder = ONNXDecoder(files[0].contents)
    let found = try decoder.decode()
    try output.requireAsWritten(found.graph.nodes.count == draft.nodes.count, "the nodes")
    try output.requireAsWritten(
      found.graph.initializers.map(\.name) == draft.initializers.map(\.name), "the initializers")
    for (initializer, place) in zip(draft.initializers, layout.places) {
      let file = place.isExternal ? files[1] : files[0]
      let bytes = file.contents.slice(from: place.byteOffset, count: initializer.elements.byteCount)
      try (place.isExternal ? external ?? output : output)
        .requireAsWritten(bytes == initializer.elements.made(), initializer.name)
    }
  }
}
