/// What a step takes at least, and what one takes that only moves elements.
extension CostTable {
  /// Nanoseconds of reading and writing values that the step before has just made.
  func streaming(_ values: [PlanValue]) -> Double {
    Double(values.reduce(0) { $0 + $1.type.byteCount }) / cache
  }

  /// Nanoseconds of a step on one thread: its arithmetic, or its bytes, weights from memory.
  func limit(_ step: Step) -> Double {
    let arithmetic = 2 * Double(step.multiplyAccumulates) / gigaflops
    let bytes =
      Double(step.weightByteCount) / memory + streaming(step.inputs + step.outputs)
    return max(arithmetic, bytes)
  }
}
