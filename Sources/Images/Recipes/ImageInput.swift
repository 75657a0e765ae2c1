public import Files
public import ModelGraph
internal import TensorCore

/// The input of a network that reads images.
public struct ImageInput: Sendable {
  /// Its name.
  public let name: String
  /// Three for colour, one for grey.
  public let channelCount: Int
  /// Rows and columns.
  public let size: Extent

  /// The input of a network.
  ///
  /// - Throws: `FormatError` of kind `usage` for a network that reads anything but one image.
  public init(of network: Network) throws(FormatError) {
    let inputs = network.inputs
    guard inputs.count == 1, inputs[0].shape.rank == 4, [1, 3].contains(inputs[0].shape[1]),
      inputs[0].shape[2] > 0, inputs[0].shape[3] > 0
    else {
      let found = inputs.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
      throw FormatError(
        .usage, "expected a network that reads an image of 3 channels or 1, found \(found)")
    }
    name = inputs[0].name
    channelCount = inputs[0].shape[1]
    size = Extent(height: inputs[0].shape[2], width: inputs[0].shape[3])
  }
}
