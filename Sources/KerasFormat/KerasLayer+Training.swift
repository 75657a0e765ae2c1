internal import Files
internal import JSON
internal import ModelGraph

// Layers that only matter in training.
extension KerasLayer {
  /// What the layer is in a model that is not trained any more, with its definition for the way back.
  func passThrough(_ type: LayerClass) throws(FormatError) -> Layer.PassThrough {
    guard type == .dropout else {
      return type == .augmentation
        ? Layer.PassThrough(kind: .augmentation, definition: definition)
        : Layer.PassThrough(kind: .split)
    }
    let rate = try settings.number("rate", "p")
    guard rate.map({ 0...1 ~= $0 }) ?? true else {
      throw settings.fault("expected a rate of 0 to 1, found \(rate ?? 0)")
    }
    let isPlain = className == "Dropout" && settings.value("noise_shape") == nil
    return Layer.PassThrough(kind: .dropout, rate: rate, definition: isPlain ? nil : definition)
  }

  /// Class and settings as JSON: all but what a layer of any class has.
  private var definition: String {
    let common = ["name", "trainable", "dtype", "batch_input_shape", "build_config"]
    let settings = settings.all.filter { !common.contains($0.name) }
    return JSON.object([
      .init("class_name", .string(className)), .init("config", .object(settings)),
    ]).text()
  }
}
