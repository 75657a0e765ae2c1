import Reference
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

@Suite("The oracle's threads")
struct ThreadsTests {
  @Test(arguments: [0, 1, 2, 1000])
  func `take each index once`(_ count: Int) {
    let taken = Mutex([Int](repeating: 0, count: count))
    Threads.perform(count) { index in taken.withLock { $0[index] += 1 } }
    #expect(taken.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test func `leave signals to the caller, but not those that an instruction raises`() {
    @Sendable func isBlocked(_ number: Int32) -> Bool {
      var mask = sigset_t()
      pthread_sigmask(SIG_SETMASK, nil, &mask)
      return sigismember(&mask, number) != 0
    }
    let numbers = [SIGTERM, SIGSEGV, SIGBUS, SIGABRT, SIGILL]
    let before = numbers.map(isBlocked)
    let wrong = Mutex([String]())
    Threads.perform(100) { _ in
      for number in numbers where isBlocked(number) != (number == SIGTERM) {
        wrong.withLock { $0.append("\(number)") }
      }
    }
    #expect(wrong.withLock { $0 } == [])
    #expect(numbers.map(isBlocked) == before)
  }
}
