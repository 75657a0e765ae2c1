public import ArgumentParser
public import ResNetKit

/// How images become what a network reads.
public struct ImageArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What is done to pixels of 0 to 255, instead of what the model says. caffe: blue first, minus \
      means; tf: from -1 to 1; torch: means and deviations; unit: from 0 to 1; none: nothing.
      """))
  var preprocessing: PixelRecipe?

  @Option(
    help: ArgumentHelp(
      "What is subtracted from pixels: a number, or one for each channel.", valueName: "numbers"))
  var mean: NumberList?

  @Option(
    help: ArgumentHelp(
      "What pixels are then multiplied by: a number, or one for each channel.",
      valueName: "numbers"))
  var scale: NumberList?

  @Option(help: "Which channel comes first, red or blue.")
  var channelOrder: Preprocessing.ChannelOrder?

  @Option(
    help: ArgumentHelp(
      """
      Fit images as this framework does; as the model's source does if left out. keras: warp, \
      pillow-nearest; torchvision: crop, pillow-bilinear; pycaffe: warp-crop, pycaffe; opencv: \
      warp, opencv-linear, Exif applied.
      """))
  var like: ImagePipeline?

  @Option(
    help: """
      warp: resize both sides to the input's. crop: resize the shorter side to --side and cut out \
      the middle. warp-crop: resize both sides to --side and cut out the middle.
      """)
  var fit: ImageRecipe.Fit?

  @Option(
    help: """
      The side before the middle is cut out; 256 for an input of 224 and in proportion if left out, \
      the input's own up to 64.
      """)
  var side: Int?

  @Option(help: "How images are resized, named after what it imitates.")
  var resizer: Resizer?

  @Option(help: "Whether images are turned as their Exif data says.")
  var exif: Exif?

  @Option(
    help: ArgumentHelp(
      """
      What is seen through transparent images: white, black, grey, #rrggbb; or none, which drops \
      their alpha as Pillow's convert does.
      """, valueName: "colour"))
  var background = Background(colour: .white)

  /// For the parser.
  public init() {}

  /// Refuses a side that no image has.
  public func validate() throws {
    guard side.map({ (1...16384).contains($0) }) ?? true else {
      throw ValidationError("--side: expected 1 to 16384, found \(side ?? 0)")
    }
  }

  /// What is done to pixels.
  enum PixelRecipe: String, ExpressibleByArgument, CaseIterable {
    case caffe, tf, torch, unit, none

    var preprocessing: Preprocessing {
      switch self {
      case .caffe: Preprocessing(.caffe)
      case .tf: Preprocessing(.tf)
      case .torch: Preprocessing(.torch)
      case .unit: Preprocessing(scales: [1 / 255])
      case .none: Preprocessing()
      }
    }
  }

  /// Whether images are turned.
  enum Exif: String, ExpressibleByArgument, CaseIterable {
    case apply, ignore
  }

  /// Numbers joined by commas.
  struct NumberList: ExpressibleByArgument {
    let numbers: [Double]

    init?(argument: String) {
      let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
      guard numbers.count == parts.count else { return nil }
    }
  }

  /// A colour, or none.
  struct Background: ExpressibleByArgument {
    let colour: BackgroundColour?

    init(colour: BackgroundColour?) { self.colour = colour }

    init?(argument: String) {
      if argument == "none" {
        colour = nil
      } else {
        guard let named = BackgroundColour(named: argument) else { return nil }
        colour = named
      }
    }

    var defaultValueDescription: String { colour?.name ?? "none" }
  }
}

extension ImageArguments {
  /// How images become what the network of a model reads, and what was assumed for that: a sentence
  /// each.
  public func recipe(for model: Model) throws(FormatError) -> (ImageRecipe, notes: [String]) {
    let input = try ImageInput(of: model.network)
    var notes: [String] = []
    var pixels: Preprocessing
    if let preprocessing {
      pixels = preprocessing.preprocessing
    } else if let known = model.preprocessing {
      pixels = known
    } else {
      let said = mean != nil || scale != nil
      pixels = said ? Preprocessing() : model.assumedPreprocessing(input, &notes)
    }
    if let mean { pixels.mean = .channels(mean.numbers) }
    if let scale { pixels.scales = scale.numbers }
    if let channelOrder { pixels.channelOrder = channelOrder }
    if input.channelCount == 3, pixels.channelOrder == nil {
      let order: Preprocessing.ChannelOrder =
        model.provenance.format.hasPrefix("caffe") ? .bgr : .rgb
      pixels.channelOrder = order
      if order == .bgr {
        notes.append("channels assumed blue first, as Caffe reads images (--channel-order rgb)")
      }
    }
    let pipeline = like ?? ImagePipeline(format: model.provenance.format)
    var recipe = ImageRecipe(pipeline, pixels)
    if let fit { recipe.fit = fit }
    recipe.side = side
    if let resizer { recipe.resizer = resizer }
    if let exif { recipe.appliesOrientation = exif == .apply }
    if like == nil, fit == nil || resizer == nil {
      notes.append(
        "images are fitted as usual for models of \(model.provenance.format), as no file says how "
          + "(--like \(pipeline.rawValue))")
    }
    return (recipe, notes)
  }

  /// A decoder of images for this recipe's background.
  ///
  /// - Throws: `FormatError` of kind `missingProgram` where its program is not installed.
  public func decoder() throws(FormatError) -> ImageFileDecoder {
    ImageFileDecoder(
      program: try LibraryExecutables.program("resnet-image-decoder", for: "an image"),
      background: background.colour)
  }

  /// What a model reads of an image file: `[1, channels, height, width]` under the name of its input,
  /// and what was assumed or passed over.
  ///
  /// - Throws: `FormatError` naming the file.
  public func tensor(
    of path: String, for model: Model
  ) throws(FormatError) -> (inputs: [String: Tensor], notes: [String]) {
    let input = try ImageInput(of: model.network)
    let (recipe, notes) = try recipe(for: model)
    let image = try decoder().decode(path)
    do {
      return ([input.name: try recipe.tensor(of: image, for: input)], notes + image.notes)
    } catch { throw error.inFile(path) }
  }
}

/// Decodes image files, each in a process of its own.
public struct ImageFileDecoder: Sendable {
  let program: HelperProgram
  let background: BackgroundColour?

  /// The image of a file.
  ///
  /// - Throws: `FormatError` naming the file.
  public func decode(_ path: String) throws(FormatError) -> DecodedImage {
    try DecodedImage(InputFile(path: path), by: program, background: background)
  }
}

extension Model {
  /// The recipe for pixels that is assumed where no file names one; says so.
  fileprivate func assumedPreprocessing(
    _ input: ImageInput, _ notes: inout [String]
  ) -> Preprocessing {
    let names = network.nodes.map { $0.name.split(separator: "/").last.map(String.init) ?? $0.name }
    if input.channelCount == 3, !network.preparesImages,
      let published = Preprocessing.published(forLayers: names + network.nodes.map(\.name))
    {
      notes.append(
        "preprocessing assumed from the names of layers: \(Preprocessing(published)) "
          + "(--preprocessing \(published.rawValue))")
      return Preprocessing(published)
    }
    if network.preparesImages {
      notes.append("the network prepares its images itself: pixels enter as 0 to 255")
    } else {
      notes.append(
        "no file says what is done to pixels: they enter as 0 to 255 (see --preprocessing)")
    }
    return Preprocessing()
  }
}

extension Preprocessing.ChannelOrder: ExpressibleByArgument {}
extension ImagePipeline: ExpressibleByArgument {}
extension ImageRecipe.Fit: ExpressibleByArgument {}
extension Resizer: ExpressibleByArgument {}
extension Averaging: ExpressibleByArgument {}
extension SlidingDefinition: ExpressibleByArgument {}
