internal import JSON
internal import ModelGraph
internal import TensorCore

extension Layer.PassThrough {
  /// The class and the settings in Keras, of a layer that came from there; nil for any other.
  var kerasDefinition: (className: String, settings: [JSON.Member])? {
    guard let definition, let json = try? JSON(parsing: Bytes(Array(definition.utf8))),
      let className = json["class_name"]?.text, case .object(let members)? = json["config"]
    else { return nil }
    let type = LayerClass(named: className)
    guard type == .dropout || type == .augmentation else { return nil }
    // How Keras 2 makes random numbers, and what its layers say though they take no such argument.
    let settings = members.filter {
      $0.name != "rng_type" && !($0.name == "noise_shape" && $0.value == .null)
    }
    return (className, settings)
  }
}
