import ResNetKit
import ToolSupport

/// One run of the tool: from the files to what is printed.
struct ImageRun {
  private let arguments: ResnetRun
  private let recipe: ImageRecipe
  private let input: ImageInput
  private let decoder: ImageFileDecoder
  private let classifier: Classifier
  private let names: ClassNames
  private let paths: [String]
  private let hasFolder: Bool
  /// The true classes, where they are known.
  private let truth: [Int]?
  private let target: OutputFile?

  init(_ arguments: ResnetRun) throws {
    self.arguments = arguments
    let (words, images) = try ImageList.parting(arguments.files)
    guard !words.isEmpty else {
      throw UsageError("expected a model beside \(arguments.files.joined(separator: ", "))")
    }
    guard arguments.accuracy != nil || images.hasFolder || !images.paths.isEmpty else {
      throw UsageError("expected images: files or folders")
    }
    let files = try ModelArguments.openOne(words, arguments.reading)
    let model = try ModelArguments.read(files, options: arguments.reading.options)
    let made = try arguments.images.recipe(for: model)
    recipe = made.0
    guard arguments.crops == 1 || recipe.fit != .warp else {
      throw UsageError(
        "--crops \(arguments.crops): a warped image has one part; name --fit crop or warp-crop, or --like"
      )
    }
    input = try ImageInput(of: model.network)
    decoder = try arguments.images.decoder()
    classifier = try Classifier(
      model.network, options: arguments.execution.options, averaging: arguments.average,
      sliding: arguments.scales == nil ? nil : arguments.sliding ?? .pooled)
    let count = classifier.network.classCount
    names = try ClassNames(
      of: model, count: count, file: try arguments.labels.map { try InputFile(path: $0) })
    if let list = arguments.accuracy {
      let items = try LabelledImages(InputFile(path: list), classCount: count, names: names).items
      guard images.paths.isEmpty, !images.hasFolder else {
        throw UsageError("--accuracy names the images: expected no others")
      }
      (paths, truth) = (items.map(\.path), items.map(\.label))
      hasFolder = true
    } else {
      (paths, truth) = (images.paths, nil)
      hasFolder = images.hasFolder
    }
    target = try arguments.output.map {
      try OutputFile(path: $0, replacing: arguments.force, inputs: files)
    }
    arguments.notes.say(made.notes + names.notes)
  }

  /// What is kept of images until they are run together.
  private struct Batch {
    var indices: [Int] = []
    var images: [DecodedImage] = []
    var looks: [Tensor] = []
  }

  func run() throws {
    guard !paths.isEmpty else { throw UsageError("no image in JPEG or PNG is in the folder") }
    var results = RunResults(truth: truth)
    var kept: (inputs: [Tensor], outputs: [ClassScores]) = ([], [])
    let progress = ProgressCount(.things("images"))
    let start = ContinuousClock.now
    var batch = Batch()
    for (index, path) in paths.enumerated() {
      progress.report(index, of: paths.count)
      do throws(FormatError) {
        let image = try decoder.decode(path)
        arguments.notes.say(image.notes.map { "\(path): \($0)" })
        do {
          if let scales = arguments.scales {
            var inputs: [Tensor] = []
            for side in scales.sides {
              inputs.append(try recipe.tensor(of: image, for: input, shortSide: side))
            }
            batch.looks = inputs
          } else {
            batch.looks.append(try recipe.tensor(of: image, for: input, crops: cropCount))
          }
        } catch { throw error.inFile(path) }
        batch.indices.append(index)
        batch.images.append(image)
      } catch {
        // One image is not what it should be: the others are.
        guard paths.count > 1, [.badModel, .noInput, .refused].contains(error.kind) else {
          throw error
        }
        results.refuse(error)
        Progress.clear()
        if arguments.json { print(JSON.failure(path, error).text()) }
        arguments.notes.say(["left out: \(error)"])
      }
      guard batch.indices.count >= batchSize || index == paths.count - 1, !batch.indices.isEmpty
      else { continue }
      let scores = try scores(of: batch)
      Progress.clear()
      for (place, scores) in zip(batch.indices, scores) {
        results.add(scores, of: place)
        if !arguments.json && truth == nil || arguments.json {
          print(text(of: place, batch, scores))
        }
      }
      if target != nil {
        kept.inputs += batch.looks
        kept.outputs += scores
      }
      batch = Batch()
    }
    Progress.clear()
    results.seconds = (ContinuousClock.now - start) / .seconds(1)
    if truth != nil || hasFolder { print(arguments.json ? results.json.text() : results.text) }
    if let target { try write(kept.inputs, kept.outputs, to: target) }
    if var fault = results.firstFault {
      fault.reason += " (\(results.faultCount) of \(paths.count) images were left out)"
      throw fault
    }
  }

  private var cropCount: CropCount { CropCount(rawValue: arguments.crops)! }  // validated

  private var batchSize: Int { arguments.scales == nil ? arguments.batch : 1 }

  private func scores(of batch: Batch) throws -> [ClassScores] {
    guard arguments.scales == nil else { return [try classifier.scores(ofScales: batch.looks)] }
    return try classifier.scores(of: batch.looks.joined(), lookCount: arguments.crops)
  }

  private func text(of place: Int, _ batch: Batch, _ scores: ClassScores) -> String {
    let image = batch.images[batch.indices.firstIndex(of: place)!]
    let prediction = Prediction(
      path: paths[place], image: image, scores: scores, names: names,
      best: scores.best(arguments.top), truth: truth?[place])
    return arguments.json ? prediction.json.text() : prediction.text
  }

  private func write(
    _ inputs: [Tensor], _ outputs: [ClassScores], to target: OutputFile
  ) throws {
    guard !inputs.isEmpty else { return }
    let classes = outputs[0].values.count
    try NPZ.write(
      [
        ("input", inputs.joined()),
        ("output", Tensor([outputs.count, classes], outputs.flatMap(\.values))),
      ], to: target)
  }
}

extension [Tensor] {
  /// Batches of float32 of one shape, one behind the other.
  fileprivate func joined() -> Tensor {
    guard count > 1 else { return self[0] }
    let images = reduce(0) { $0 + $1.shape[0] }
    return Tensor(self[0].shape.replacing(0, by: images)) { output in
      var start = 0
      for tensor in self {
        tensor.withFloats { source in
          for i in source.indices { output[start + i] = source[i] }
        }
        start += tensor.shape.elementCount
      }
    }
  }
}
