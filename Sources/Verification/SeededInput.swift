public import ModelGraph
public import TensorCore

/// Noise to run a network on where the user has no input at hand.
public enum SeededInput {
  /// One tensor for each input of the network: uniform noise in ±64, the same on every machine.
  ///
  /// - Parameter shapes: shapes for inputs by name, instead of those of the definition.
  /// - Throws: `NetworkError` where there is no memory for them.
  public static func noise(
    for network: Network, shapes: [String: Shape] = [:], seed: UInt64 = 1
  ) throws(NetworkError) -> [String: Tensor] {
    try Network.requireMemory(
      for: network.inputs.map { shapes[$0.name] ?? $0.shape }, bytesPerElement: 4)
    var generator = SplitMix64(state: seed)
    var inputs: [String: Tensor] = [:]
    for (name, shape) in network.inputs {
      inputs[name] = Tensor(shapes[name] ?? shape) { elements in
        for index in elements.indices {
          elements[index] = (Float(generator.next() >> 40) * 0x1p-24 - 0.5) * 128
        }
      }
    }
    return inputs
  }
}

/// A generator whose whole state is one number (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    return bits ^ bits >> 31
  }
}
