internal import CProtobufC

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What protobuf-c may still allocate: it has no limit of its own, and an empty message of two
/// bytes becomes a structure of several hundred.
struct AllocationBudget {
  /// Bytes left; at first ten times what a ResNet-1202 takes.
  var byteCount = 61 << 20
  /// Allocations left.
  var allocationCount = 1 << 20

  /// Calls `body` with an allocator that fails once the budget is used up.
  mutating func withAllocator<Result, Failure: Error>(
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
        return malloc(max(size, 1))
      },
      free: { _, pointer in free(pointer) },
      allocator_data: budget)
    return try body(&allocator)
  }
}
