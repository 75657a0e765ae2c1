import CKernelTests
import Testing

/// Convolutions, poolings and products over channels in blocks: every level against its scalar twin.
@Suite struct BlockedKernelTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `every kernel of every level agrees with its twin`(seed: UInt64) {
    let result = ck_test_kernels(seed, 25)
    #expect(result.failures == 0)
    #expect(result.checks > 1000)
  }
}
