#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Memory for floats, zero at first: pages of 2 MiB where the system has them.
///
/// Who shares one agrees on who writes where.
final class Arena: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Memory aligned to 2 MiB; nil where the system has not so much.
  init?(byteCount: Int) {
    let alignment = 1 << 21
    let (rounded, overflow) = max(byteCount, 1).addingReportingOverflow(alignment - 1)
    guard !overflow else { return nil }
    let size = rounded / alignment * alignment
    // Mapped, so that it is zero without a pass over it; a page more than is kept, to align it.
    guard size <= Int.max - alignment,
      let start = mmap(
        nil, size + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { return nil }
    let aligned = (Int(bitPattern: start) + alignment - 1) / alignment * alignment
    let before = aligned - Int(bitPattern: start)
    if before > 0 { munmap(start, before) }
    base = start + before
    if alignment - before > 0 { munmap(base + size, alignment - before) }
    #if os(Linux)
      madvise(base, size, MADV_HUGEPAGE)
    #endif
    self.byteCount = size
  }

  deinit { munmap(base, byteCount) }

  /// `count` floats from `offset` bytes on; checked against the end.
  func floats(at offset: Int, count: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition(offset >= 0 && offset % 4 == 0 && count <= (byteCount - offset) / 4)
    // SAFETY: inside the memory as just checked; it holds nothing but floats.
    let start = (base + offset).assumingMemoryBound(to: Float.self)
    return UnsafeMutableBufferPointer(start: start, count: count)
  }
}
