internal import TensorCore

/// Weights as the kernels want them: float32, in place where the model holds them so.
final class FloatArray: Sendable {
  private let bytes: Bytes
  // SAFETY: points into `bytes`, which nobody writes.
  private nonisolated(unsafe) let base: UnsafePointer<Float>?
  /// The number of elements.
  let count: Int

  /// The elements of a tensor, made and converted once if they must be.
  init(_ tensor: Tensor) {
    bytes = tensor.floatBytes()
    // SAFETY: the address is that of the storage, not of a copy made for the call, and this object
    // keeps the storage alive.
    base = bytes.withUnsafeBytes { $0.bindMemory(to: Float.self).baseAddress }
    count = tensor.shape.elementCount
  }

  /// The elements, valid as long as this object lives.
  var elements: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: base, count: count) }
}
