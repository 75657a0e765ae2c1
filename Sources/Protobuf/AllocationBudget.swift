package import CProtobufC
package import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What protobuf-c may still allocate: it has no limit of its own, and an empty message of two
/// bytes becomes a structure of several hundred.
package struct AllocationBudget {
  /// Ten times what a ResNet-1202 takes.
  private static let limit = 61 << 20

  /// Bytes left.
  private var byteCount = limit
  /// Allocations left.
  private var allocationCount: Int
  /// Whether the system had less than the budget.
  private var isSystemExhausted = false

  /// A budget for one message.
  package init(allocationCount: Int = 1 << 20) { self.allocationCount = allocationCount }

  /// Why decoding has failed for want of memory: too much was asked for, or too little is there.
  package var shortage: FormatError {
    if isSystemExhausted { return FormatError(.outOfMemory, "no memory to decode the definition") }
    return FormatError(
      .badModel,
      "expected a definition that takes at most \(Self.limit >> 20) MiB decoded, found a larger one"
    )
  }

  /// Calls `body` with an allocator that fails once the budget is used up.
  package mutating func withAllocator<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let budget = UnsafeMutablePointer<AllocationBudget>.allocate(capacity: 1)
    budget.initialize(to: self)
    defer {
      self = budget.pointee
      budget.deallocate()
    }
    var allocator = ProtobufCAllocator(
      alloc: { data, size in
        // SAFETY: `allocator_data` is the budget, which lives until `body` has returned.
        let budget = data!.assumingMemoryBound(to: AllocationBudget.self)
        guard budget.pointee.allocationCount > 0, size <= budget.pointee.byteCount else {
          return nil
        }
        budget.pointee.allocationCount -= 1
        budget.pointee.byteCount -= size
        let memory = malloc(max(size, 1))
        if memory == nil { budget.pointee.isSystemExhausted = true }
        return memory
      },
      free: { _, pointer in free(pointer) },
      allocator_data: budget)
    return try body(&allocator)
  }
}
