public import ResNetKit

/// The inputs of a network from an .npz or .npy file.
public enum InputArrays {
  /// Reads them.
  ///
  /// - Throws: `FormatError` for a file that has none or whose arrays do not fit.
  public static func read(_ path: String, for model: Model) throws(FormatError) -> [String: Tensor]
  {
    let arrays = try NPZ.read(InputFile(path: path))
    let names = Set(model.network.inputs.map(\.name) + ["input"])
    let inputs = arrays.filter { names.contains($0.name) }
    do {
      // A lone array is the input, whatever its name: an .npy has none.
      return try Fixture(
        arrays: arrays.count == 1 ? [("input", arrays[0].tensor)] : inputs, for: model
      ).inputs
    } catch { throw error.inFile(path) }
  }
}
