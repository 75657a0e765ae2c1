internal import Files
internal import ModelIO
internal import Protobuf

/// A field of a definition that the schema does not have.
struct UnknownField {
  /// `hole`; in a caffemodel, which does not hold names, the number.
  let name: String
  /// The message it stands in.
  let message: String
  /// Where it stands in a text.
  var place: FormatError.Location?

  /// `hole of ConvolutionParameter at 3:5`, `field 17 of ConvolutionParameter`.
  var description: String {
    guard let place else { return "field \(name) of \(message)" }
    return "\(name.count > 60 ? name.prefix(60) + "…" : name[...]) of \(message) at \(place)"
  }
}

extension UnknownField {
  /// One of a text.
  init(_ field: TextFormatParser.UnknownField) {
    self.init(name: field.name, message: field.message, place: field.place)
  }
}

extension UnknownField {
  /// Messages that only concern how a network is trained.
  private static let messagesOfTraining: Set = [
    "AccuracyParameter", "ContrastiveLossParameter", "FillerParameter", "HingeLossParameter",
    "InfogainLossParameter", "LossParameter", "ParamSpec",
  ]

  /// Fields of any message that only concern training, speed or messages to the screen.
  private static let namesOfTraining: Set = [
    "blobs_lr", "clip_gradients", "debug", "debug_info", "decay_mult", "display", "force_backward",
    "loss_weight", "lr_mult", "momentum", "moving_average_fraction", "propagate_down",
    "random_seed", "regularization_type", "weight_decay",
  ]

  /// What changes images at random while a network is trained.
  private static let augmentations: Set = [
    "distort_param", "emit_constraint", "expand_param", "max_aspect_ratio", "max_random_scale",
    "max_rotation_angle", "min_aspect_ratio", "min_random_scale", "noise_param", "random_crop",
    "random_aspect_ratio_param", "random_resize_param",
  ]

  /// Whether the field cannot change what a network in use computes, whatever it says.
  var isHarmless: Bool {
    UnknownField.messagesOfTraining.contains(message) || name.hasSuffix("_filler")
      || name.hasPrefix("engine: ") || UnknownField.namesOfTraining.contains(name)
      || message == "TransformationParameter" && UnknownField.augmentations.contains(name)
  }

  /// Whether a user means this field by a name: `hole`, `ConvolutionParameter.hole`,
  /// `ConvolutionParameter.17`.
  func isMeant(by asked: String) -> Bool {
    asked == "\(message).\(name)" || place != nil && asked == name
  }
}

/// What becomes of the fields of a definition that the schema does not have.
struct UnknownFields {
  /// What was left out, one sentence for each reason.
  private(set) var notes: [String] = []

  /// Leaves out what cannot change the result and what the user names.
  ///
  /// - Parameters:
  ///   - relevant: the fields of the network and of its layers that are used.
  ///   - others: those of layers that are left out.
  ///   - asked: the names of fields that may be left out although they can change the result.
  /// - Throws: one `FormatError` with all others.
  init(
    _ relevant: [UnknownField], others: [UnknownField], leavingOut asked: [String]
  ) throws(FormatError) {
    let open = relevant.filter { !$0.isHarmless }
    for name in asked where !(relevant + others).contains(where: { $0.isMeant(by: name) }) {
      throw FormatError(
        .usage,
        "expected a field unknown to the schema after --ignore-unknown-fields, found \(quoted(name)), "
          + "which is none in this definition")
    }
    let refused = open.filter { field in !asked.contains(where: field.isMeant) }
    guard refused.isEmpty else {
      throw FormatError(
        at: refused[0].place,
        "unknown to the schema: \(UnknownFields.list(refused)); what may be left out, although it can "
          + "change the result, is named with --ignore-unknown-fields, as "
          + (refused[0].place == nil ? "\(refused[0].message).\(refused[0].name)" : refused[0].name)
      )
    }
    // A caffemodel tells of its fields by itself.
    let harmless = (relevant.filter(\.isHarmless) + others).filter { $0.place != nil }
    if !harmless.isEmpty {
      notes.append(
        "left out fields unknown to the schema, which change nothing in use: "
          + UnknownFields.list(harmless))
    }
    if !open.isEmpty {
      notes.append(
        "left out fields unknown to the schema, as asked for: \(UnknownFields.list(open))")
    }
  }

  private static func list(_ fields: [UnknownField]) -> String {
    var known: Set<String> = []
    return listed(fields.map(\.description).filter { known.insert($0).inserted })
      .joined(separator: ", ")
  }
}
