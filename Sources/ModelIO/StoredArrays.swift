public import TensorCore

/// The tensors of a file as they are stored, whatever the layers are that they belong to.
public struct StoredArrays: Sendable {
  /// The tensors in the order of the file, in its own layout, under the names that the file has for
  /// them: `conv1/blobs[0]`, `conv1/conv1/kernel:0`, `layers/conv2d/vars/0`.
  public let arrays: [(name: String, tensor: Tensor)]
  /// What was left out, one sentence each.
  public let notes: [String]

  /// Tensors.
  public init(arrays: [(name: String, tensor: Tensor)], notes: [String]) {
    self.arrays = arrays
    self.notes = notes
  }
}
