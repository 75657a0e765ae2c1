import Testing

@testable import HDF5

/// What filters did to a chunk is undone, and what they cannot have made is refused.
@Suite struct FilterTests {
  @Test func `shuffled bytes are put together again`() {
    let pipeline = FilterPipeline([.shuffle(elementByteCount: 2)], chunkByteCount: 5)
    #expect(pipeline.decode([1, 3, 2, 4, 9], skipping: 0) == [1, 2, 3, 4, 9])
    #expect(pipeline.decode([1, 3, 2, 4], skipping: 0) == nil)
    let none = FilterPipeline([.shuffle(elementByteCount: 0)], chunkByteCount: 1)
    #expect(none.decode([1], skipping: 0) == nil)
  }

  @Test(
    arguments: [
      ([2, 97, 98, 99], [97, 98, 99]),  // three bytes as they are
      ([0, 97, 0x60, 0], [97, 97, 97, 97, 97, 97]),  // a copy that reaches into itself
      ([1, 1, 2, 0xe0, 1, 1], [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]),  // a length of its own byte
    ] as [([UInt8], [UInt8])])
  func `LZF is decoded`(stored: [UInt8], chunk: [UInt8]) {
    let pipeline = FilterPipeline([.lzf], chunkByteCount: chunk.count)
    #expect(pipeline.decode(stored, skipping: 0) == chunk)
    for count in 0..<stored.count {
      #expect(pipeline.decode(Array(stored.prefix(count)), skipping: 0) == nil)
    }
    for byteCount in [chunk.count - 1, chunk.count + 1] {
      let other = FilterPipeline([.lzf], chunkByteCount: byteCount)
      #expect(other.decode(stored, skipping: 0) == nil)
    }
  }

  @Test func `a filter that a chunk skipped is not undone`() {
    let pipeline = FilterPipeline(
      [.shuffle(elementByteCount: 2), .deflate], chunkByteCount: 4)
    #expect(pipeline.decode([1, 3, 2, 4], skipping: 0b10) == [1, 2, 3, 4])
    #expect(pipeline.decode([1, 2, 3, 4], skipping: 0b11) == [1, 2, 3, 4])
    #expect(pipeline.decode([1, 2, 3, 4], skipping: 0) == nil)
  }

  @Test func `a checksum is checked`() {
    let pipeline = FilterPipeline([.fletcher32], chunkByteCount: 4)
    // 0x0102 + 0x0304 = 0x0406, 0x0102 + 0x0406 = 0x0508
    let stored: [UInt8] = [1, 2, 3, 4, 0x06, 0x04, 0x08, 0x05]
    #expect(pipeline.decode(stored, skipping: 0) == [1, 2, 3, 4])
    for index in stored.indices {
      var damaged = stored
      damaged[index] ^= 0x10
      #expect(pipeline.decode(damaged, skipping: 0) == nil)
    }
    #expect(pipeline.decode([0, 0, 0], skipping: 0) == nil)
  }

  @Test func `a chunk must have enough bytes to come from`() {
    #expect(FilterPipeline([.deflate], chunkByteCount: 10_320).canDecode(10))
    #expect(!FilterPipeline([.deflate], chunkByteCount: 10_320).canDecode(9))
    #expect(!FilterPipeline([.shuffle(elementByteCount: 4)], chunkByteCount: 4).canDecode(3))
  }
}
