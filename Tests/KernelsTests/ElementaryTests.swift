import CKernelTests
import Testing

/// exp, ln, powers, tanh and the error function, and the layers that are made of them.
@Suite struct ElementaryTests {
  @Test func `results are less than one unit of the last place off, special ones as C says`() {
    let result = ck_test_elementary(1, 2000)
    #expect(result.failures == 0)
    #expect(result.checks > 900)
  }

  // No processor, compiler or C library may change these: a strict plan promises the same bits. A
  // change of a formula or a table does.
  @Test func `the bits are the same on every machine`() {
    #expect(ck_test_elementary_checksum() == 0x56b0_a6bf_0b18_c96e)
    #expect(ck_test_functions_checksum() == 0x6a96_43ea_b49f_9565)
  }
}
