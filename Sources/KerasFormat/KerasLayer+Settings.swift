internal import Files
internal import JSON
internal import ModelIO

// Keras hands the settings of a layer to its constructor, which refuses a name that it does not know
// and misses one that has no default. A reader that looks for names it knows takes `stride` for no
// strides.
extension KerasLayer {
  /// Refuses what the constructor of the class would refuse in every version of Keras.
  ///
  /// - Returns: names that no version has but that are switched off, being null: a later version may
  ///   have added them.
  /// - Throws: `FormatError` naming the layer and the setting.
  @discardableResult
  func checkSettings(of type: LayerClass) throws(FormatError) -> [String] {
    guard !isImplied, let allowed = type.settings(alongLines: isOfLines) else { return [] }
    for names in LayerClass.synonyms {
      let both = names.filter { settings.value($0) != nil && allowed.contains($0) }
      guard both.count < 2 else {
        throw settings.fault("expected \(both[0]) or \(both[1]), found both")
      }
    }
    var unknown: [String] = []
    for member in settings.all where !allowed.contains(member.name) {
      guard member.value == .null else {
        throw settings.fault(
          "expected settings that \(className) has in Keras, found \(member.name)")
      }
      if !LayerClass.switchedOff.contains(member.name) { unknown.append(member.name) }
    }
    let found = Set(settings.all.map(\.name))
    for required in type.requiredSettings where found.isDisjoint(with: required) {
      throw settings.fault(
        "expected the setting \(required[0]) of \(className), found none")
    }
    return unknown
  }
}

extension KerasModel {
  /// Refuses settings that the layers do not have.
  ///
  /// - Returns: what is to be said about those that are let pass, one sentence at most.
  func checkSettings() throws(FormatError) -> [String] {
    var passed: [String] = []
    for layer in allLayers {
      guard let type = layer.type else { continue }
      passed += try layer.checkSettings(of: type).map { "\(layer.path) (\($0))" }
    }
    return passed.isEmpty
      ? []
      : [
        "left out settings that no known version of Keras has; they are null: "
          + listed(passed).joined(separator: ", ")
      ]
  }
}

extension LayerClass {
  /// Names of one setting; Keras 2 refuses a layer that has it under two.
  fileprivate static let synonyms = [
    ["filters", "nb_filter"], ["kernel_size", "nb_row"], ["kernel_size", "filter_length"],
    ["strides", "subsample", "subsample_length", "stride"], ["padding", "border_mode"],
    ["data_format", "dim_ordering"], ["dilation_rate", "atrous_rate"], ["use_bias", "bias"],
    ["units", "output_dim"], ["pool_size", "pool_length"], ["rate", "p"],
    ["target_shape", "dims"], ["negative_slope", "alpha"],
  ]

  /// Known names that change what a layer computes unless they are null: quantized kernels.
  fileprivate static let switchedOff: Set<String> = ["quantization_config"]

  /// What layers of any class may have, from Keras 0.3 to 3.15. Initializers, regularizers
  /// and constraints are left out of the settings before.
  private static let common: Set<String> = [
    "name", "custom_name", "trainable", "input_shape", "batch_input_shape", "batch_size",
    "input_dtype", "input_dim", "input_length", "weights", "cache_enabled", "create_input_layer",
    "dynamic", "autocast", "implementation", "dtype",
  ]

  /// The settings of which one of each list must be there.
  fileprivate var requiredSettings: [[String]] {
    switch self {
    case .convolution, .convolution1D, .separableConvolution:
      [["filters", "nb_filter"], ["kernel_size", "nb_row", "filter_length"]]
    case .depthwiseConvolution: [["kernel_size"]]
    case .dense: [["units", "output_dim"]]
    case .activation: [["activation"]]
    case .reshape: [["target_shape", "dims"]]
    case .permute: [["dims"]]
    case .rescaling: [["scale"]]
    case .dropout: [["rate", "p"]]
    case .input, .batchNormalization, .scale, .relu, .leakyReLU, .prelu, .elu, .softmax,
      .maximumPooling, .averagePooling, .globalMaximumPooling, .globalAveragePooling,
      .zeroPadding, .cropping, .add, .subtract, .multiply, .average, .maximum, .concatenate,
      .merge, .flatten, .normalization, .augmentation, .identity, .operation, .model:
      []
    }
  }

  /// Every setting that a version of Keras has for the class; nil where they are not checked:
  /// augmentation computes nothing here, operators and models have no constructor of a layer.
  fileprivate func settings(alongLines isOfLines: Bool) -> Set<String>? {
    let windows: Set<String> =
      isOfLines
      ? ["kernel_size", "filter_length", "strides", "subsample_length"]
      : ["kernel_size", "nb_row", "nb_col", "strides", "subsample", "dim_ordering"]
    // Of a kernel that was adapted (LoRA) Keras saves the sum.
    let convolution: Set<String> = windows.union([
      "padding", "border_mode", "data_format", "dilation_rate", "atrous_rate", "groups",
      "activation", "use_bias", "bias", "init", "lora_rank", "lora_alpha",
    ])
    let own: Set<String>
    switch self {
    case .augmentation, .operation, .model: return nil
    case .input:
      own = ["batch_shape", "shape", "sparse", "ragged", "optional", "input_tensor", "type_spec"]
    case .convolution, .convolution1D: own = convolution.union(["filters", "nb_filter"])
    case .depthwiseConvolution: own = convolution.union(["depth_multiplier"])
    case .separableConvolution:
      own = convolution.union(["filters", "nb_filter", "depth_multiplier"])
    case .dense:
      own = [
        "units", "output_dim", "activation", "use_bias", "bias", "init", "lora_rank", "lora_alpha",
      ]
    case .batchNormalization:
      // Virtual batches, renormalization and the like: in training only.
      own = [
        "axis", "momentum", "epsilon", "center", "scale", "mode", "gamma_init", "beta_init",
        "renorm", "renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size",
        "adjustment", "synchronized",
      ]
    case .scale: own = ["axis", "momentum", "gamma_init", "beta_init"]
    case .activation: own = ["activation"]
    case .relu: own = ["max_value", "negative_slope", "threshold"]
    case .leakyReLU: own = ["alpha", "negative_slope"]
    case .prelu: own = ["shared_axes", "init"]
    case .elu: own = ["alpha"]
    case .softmax: own = ["axis", "robust_masking"]
    case .maximumPooling, .averagePooling:
      own = Set(["pool_size", "strides", "padding", "border_mode", "data_format"]).union(
        isOfLines ? ["pool_length", "stride"] : ["dim_ordering"])
    case .globalMaximumPooling, .globalAveragePooling:
      own = ["data_format", "dim_ordering", "keepdims"]
    case .zeroPadding, .cropping: own = ["padding", "cropping", "data_format", "dim_ordering"]
    case .add, .subtract, .multiply, .average, .maximum, .identity: own = []
    case .concatenate: own = ["axis"]
    case .merge:
      own = [
        "mode", "mode_type", "concat_axis", "dot_axes", "output_shape", "output_shape_type",
        "output_mask", "output_mask_type", "arguments", "layers", "node_indices",
        "tensor_indices",
      ]
    case .flatten: own = ["data_format"]
    case .reshape: own = ["target_shape", "dims"]
    case .permute: own = ["dims"]
    case .rescaling: own = ["scale", "offset"]
    case .normalization: own = ["axis", "mean", "variance", "invert"]
    case .dropout: own = ["rate", "p", "noise_shape", "seed", "data_format", "dim_ordering"]
    }
    return own.union(Self.common)
  }
}
