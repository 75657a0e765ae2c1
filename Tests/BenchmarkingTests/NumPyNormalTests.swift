import TensorCore
import Testing

@testable import Benchmarking

/// The numbers are NumPy's (2.4):
///
///     rng = numpy.random.default_rng(42); rng.bit_generator.random_raw(3)
///     rng = numpy.random.default_rng(42); rng.standard_normal(12).view(numpy.uint64)
@Suite struct NumPyNormalTests {
  @Test func `the generator gives NumPy's bits`() {
    var first = PCG64(seed: 42)
    #expect(
      (0..<3).map { _ in first.next() } == [
        14_276_969_152_011_380_360, 8_095_878_257_575_067_585, 15_838_336_090_824_644_132,
      ])
    var second = PCG64(seed: 0)
    #expect(
      (0..<2).map { _ in second.next() } == [
        11_749_869_230_777_074_271, 4_976_686_463_289_251_617,
      ])
  }

  @Test func `the numbers are NumPy's to the last bit`() {
    var normal = NumPyNormal(seed: 42)
    let expected: [UInt64] = [
      0x3fd3_807c_1104_fc6b, 0xbff0_a3c6_5fca_9a7e, 0x3fe8_03b2_39e7_7350, 0x3fee_191b_2d15_7f36,
      0xbfff_3770_ac89_d08f, 0xbff4_d5ba_2db7_ebc8, 0x3fc0_5d13_075b_0043, 0xbfd4_3d51_91ed_f2d2,
      0xbf91_3452_9810_3f02, 0xbfeb_4c22_c75f_5b7f, 0x3fec_2407_38c6_8b17, 0x3fe8_e3ab_e9b8_50e9,
    ]
    #expect((0..<12).map { _ in normal.next().bitPattern } == expected)
  }

  /// FNV-1a over whole words; the table that NumPy was built with has this sum too.
  private func sum(_ words: some Sequence<UInt64>) -> UInt64 {
    words.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
  }

  @Test func `a million of them too, tails and edges of layers included`() {
    var normal = NumPyNormal(seed: 42)
    #expect(sum((0..<1_000_000).map { _ in normal.next().bitPattern }) == 0xfb0c_ae99_7b96_3804)
  }

  @Test func `a tensor has them in float32`() throws {
    let tensor = NumPyNormal.tensor([2, 5, 100, 1000], seed: 42)
    let bits = tensor.withFloats { $0.map { UInt64($0.bitPattern) } }
    #expect(sum(bits) == 0x5cfc_67ad_cbfc_0021)
  }

  @Test func `the layers are NumPy's`() {
    let words = (0..<256).flatMap {
      [Ziggurat.limits[$0], Ziggurat.widths[$0].bitPattern, Ziggurat.heights[$0].bitPattern]
    }
    #expect(sum(words) == 0xd829_00ed_3e09_474a)
  }
}
