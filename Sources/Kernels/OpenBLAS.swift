internal import CKernels
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The library, opened when somebody is about to multiply, and never closed.
///
/// It starts threads while it is loaded, and keeps a large buffer for each product that runs beside
/// others; where the system gives no buffer it asks again for ever. So nothing is linked to it, no
/// thread is let start, and all buffers are taken before the first product, once the system has
/// shown that it gives so much.
struct OpenBLAS: Sendable {
  /// `cblas_sgemm`: order, both transpositions, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc.
  typealias Multiply =
    @convention(c) @Sendable (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
      UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void
  private typealias TakeBuffer = @convention(c) @Sendable (Int32) -> UnsafeMutableRawPointer?
  private typealias ReturnBuffer = @convention(c) @Sendable (UnsafeMutableRawPointer?) -> Void

  /// `CblasRowMajor`.
  static let rowMajor: Int32 = 101
  /// `CblasNoTrans`.
  static let notTransposed: Int32 = 111

  /// The name that every distribution links to the version it has.
  private static let name = "libopenblas.so.0"
  /// A buffer: 32 << 22 bytes on all processors (`BUFFER_SIZE`), for which it first asks with room
  /// to align it.
  private static let bufferByteCount = (32 << 22) + (1 << 20)
  /// The address space of the library and those that it needs.
  private static let libraryByteCount = 64 << 20

  let multiply: Multiply
  let processorName: String
  // Its own functions: a version that does not show them takes its buffers at the products.
  private let takeBuffer: TakeBuffer?
  private let returnBuffer: ReturnBuffer?

  private struct State {
    var library: OpenBLAS?
    var callerCount = 0
    var bufferCount = 0
  }
  private static let state = Mutex(State())

  /// The library if it was opened.
  static var opened: OpenBLAS? { state.withLock { $0.library } }

  /// Opens the library, if it was not, and takes buffers for so many more callers at a time.
  static func retain(callerCount: Int) throws(MatrixProduct.Failure) -> OpenBLAS {
    let result = state.withLock { state in
      Result { () throws(MatrixProduct.Failure) in
        try retain(callerCount: callerCount, &state)
      }
    }
    return try result.get()
  }

  /// Gives back what `retain` reserved; the library keeps its buffers for the next.
  static func release(callerCount: Int) {
    state.withLock { $0.callerCount -= callerCount }
  }

  private static func retain(
    callerCount: Int, _ state: inout State
  ) throws(MatrixProduct.Failure) -> OpenBLAS {
    let wanted = state.callerCount + callerCount
    let missing = max(wanted - state.bufferCount, 0)
    guard
      canMap(missing, of: bufferByteCount, and: state.library == nil ? libraryByteCount : 0)
    else { throw .noMemory(bufferCount: missing, byteCount: bufferByteCount) }
    let library: OpenBLAS
    if let opened = state.library { library = opened } else { library = try open() }
    state.library = library
    if missing > 0, let take = library.takeBuffer, let giveBack = library.returnBuffer {
      // Held all at once, so that there are as many.
      let buffers = (0..<wanted).map { _ in take(0) }
      for buffer in buffers { giveBack(buffer) }
    }
    state.bufferCount = max(state.bufferCount, wanted)
    state.callerCount = wanted
    return library
  }

  private static func open() throws(MatrixProduct.Failure) -> OpenBLAS {
    guard let handle = ck_open_on_one_processor(name) else {
      throw .missingLibrary(dlerror().map { String(cString: $0) } ?? name)
    }
    guard let multiply = dlsym(handle, "cblas_sgemm") else {
      throw .missingLibrary("\(name) has no cblas_sgemm")
    }
    // SAFETY: the types are those that OpenBLAS declares in cblas.h and common.h; blasint is int in
    // a library of this name.
    typealias SetThreads = @convention(c) (Int32) -> Void
    typealias ProcessorName = @convention(c) () -> UnsafePointer<CChar>?
    // The bits of a product must not depend on a number of threads, and the executor's own pool
    // calls from several threads at once.
    if let setThreads = dlsym(handle, "openblas_set_num_threads") {
      unsafeBitCast(setThreads, to: SetThreads.self)(1)
    }
    let processor = dlsym(handle, "openblas_get_corename")
      .flatMap { unsafeBitCast($0, to: ProcessorName.self)() }
    return OpenBLAS(
      multiply: unsafeBitCast(multiply, to: Multiply.self),
      processorName: processor.map { String(cString: $0) } ?? "an unknown processor",
      takeBuffer: dlsym(handle, "blas_memory_alloc")
        .map { unsafeBitCast($0, to: TakeBuffer.self) },
      returnBuffer: dlsym(handle, "blas_memory_free")
        .map { unsafeBitCast($0, to: ReturnBuffer.self) })
  }

  /// Whether the system gives so many mappings of a size at a time, and `more` bytes of addresses.
  private static func canMap(_ count: Int, of byteCount: Int, and more: Int) -> Bool {
    var mappings: [(memory: UnsafeMutableRawPointer, byteCount: Int)] = []
    defer { for (memory, byteCount) in mappings { munmap(memory, byteCount) } }
    func map(_ byteCount: Int, _ protection: Int32) -> Bool {
      guard byteCount > 0 else { return true }
      // As OpenBLAS asks, so that every limit counts it as it will.
      let memory = mmap(nil, byteCount, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let memory, memory != MAP_FAILED else { return false }
      mappings.append((memory, byteCount))
      return true
    }
    return map(more, PROT_NONE)
      && (0..<count).allSatisfy { _ in
        map(byteCount, PROT_READ | PROT_WRITE)
      }
  }
}
