internal import CKernels

/// What the processor can do at most: work of known size, to be timed by the caller.
public enum Probe {
  /// Multiplies and adds in registers, in chains that wait for nothing but themselves.
  ///
  /// The scalar level stands for what every processor of this kind has: four lanes, products and
  /// sums apart.
  /// - Parameters:
  ///   - rounds: how often each of 14 chains goes on.
  ///   - value: how large the numbers are: subnormal ones may cost more.
  /// - Returns: the floating-point operations done; 0 where the processor lacks the instruction set.
  public static func arithmetic(_ instructionSet: InstructionSet, rounds: Int, value: Float = 1)
    -> Double
  {
    ck_probe_arithmetic(instructionSet.level, rounds, value)
  }

  /// Reads memory with the widest loads of an instruction set.
  ///
  /// - Parameters:
  ///   - memory: aligned to 64 bytes, a multiple of 1024 bytes long.
  ///   - passes: how often it is read.
  /// - Returns: the bytes read; 0 where the processor lacks the instruction set.
  public static func reading(
    _ memory: UnsafeRawBufferPointer, passes: Int, with instructionSet: InstructionSet
  ) -> Double {
    guard let base = memory.baseAddress else { return 0 }
    precondition(UInt(bitPattern: base) % 64 == 0 && memory.count % 1024 == 0)
    return ck_probe_reading(instructionSet.level, base, memory.count, passes)
  }
}
