extension Reader {
  /// How the messages of a header begin.
  private struct Form {
    var isFirst: Bool
    /// Each message has its place in the order of creation (version 2).
    var hasOrder = false

    /// The bytes before the body of a message.
    var prefixByteCount: Int { isFirst ? 8 : hasOrder ? 6 : 4 }
  }

  /// Reads the object header at an address, of version 1 or 2, with its continuations.
  mutating func header(at address: Int) throws(Fault) -> ObjectHeader {
    var cursor = try source.cursor(at: address, .header)
    var version = cursor
    return try version.byte() == 1 ? try firstHeader(&cursor) : try secondHeader(&cursor)
  }

  private mutating func firstHeader(_ cursor: inout Cursor) throws(Fault) -> ObjectHeader {
    let start = cursor.position
    try cursor.skip(2)
    let declaredCount = try cursor.integer(2)
    try cursor.skip(4)  // how many links there are
    let byteCount = try cursor.integer(4)
    try cursor.skip(4)  // up to a multiple of 8
    let body = try cursor.take(byteCount)
    try map.claim(start..<body.upperBound, .header)
    var count = 0
    let header = try messages(from: body, Form(isFirst: true), &count)
    guard count == declaredCount else {
      throw .damage("\(declaredCount) messages in the header", at: start, found: "\(count)")
    }
    return header
  }

  private mutating func secondHeader(_ cursor: inout Cursor) throws(Fault) -> ObjectHeader {
    let start = cursor.position
    try cursor.signature("OHDR")
    _ = try cursor.version(2...2, of: "an object header")
    let flags = try cursor.byte()
    guard flags & ~0x3f == 0 else {
      throw .damage("known flags of a header", at: start + 5, found: "\(flags)")
    }
    if flags & 0x20 != 0 { try cursor.skip(16) }  // four times
    if flags & 0x10 != 0 { try cursor.skip(4) }  // when attributes move elsewhere
    let byteCount = try cursor.integer(1 << (flags & 3))
    let body = try cursor.take(byteCount)
    try cursor.skip(4)
    try source.verify(start..<cursor.position, .header)
    try map.claim(start..<cursor.position, .header)
    var count = 0
    return try messages(from: body, Form(isFirst: false, hasOrder: flags & 4 != 0), &count)
  }

  /// The messages of a run and of all runs that it leads to.
  private mutating func messages(
    from first: Range<Int>, _ form: Form, _ count: inout Int
  ) throws(Fault) -> ObjectHeader {
    var header = ObjectHeader(messages: [])
    header.messages.reserveCapacity(8)
    var runs = [first]
    var next = 0
    while next < runs.count {
      var cursor = source.cursor(runs[next])
      next += 1
      while cursor.remaining >= form.prefixByteCount {
        count += 1
        guard let message = try message(&cursor, form) else { continue }
        guard message.type == .continuation else {
          header.messages.append(message)
          continue
        }
        runs.append(try continuation(message, form))
      }
      // Version 2 may leave a gap that is too small for a message.
      guard !form.isFirst || cursor.remaining == 0 else {
        throw .damage("a message", at: cursor.position, found: "\(cursor.remaining) bytes")
      }
    }
    return header
  }

  /// The next message; nil for one that is passed over.
  private func message(_ cursor: inout Cursor, _ form: Form) throws(Fault) -> Message? {
    let start = cursor.position
    let number = try cursor.integer(form.isFirst ? 2 : 1)
    let byteCount = try cursor.integer(2)
    let flags = try cursor.byte()
    try cursor.skip(form.prefixByteCount - (form.isFirst ? 5 : 4))
    let body = try cursor.take(byteCount)
    guard !form.isFirst || byteCount % 8 == 0 else {
      throw .damage("a message of a multiple of 8 bytes", at: start, found: "\(byteCount)")
    }
    guard let type = Message.Kind(rawValue: number) else {
      guard number <= Message.lastNumber || flags & Message.failsIfUnknown == 0 else {
        throw .unsupported("a message that is known", at: start, found: "number \(number)")
      }
      return nil
    }
    return Message(type: type, isShared: flags & 2 != 0, body: body)
  }

  /// The run of messages that a message leads to.
  private mutating func continuation(
    _ message: Message, _ form: Form
  ) throws(Fault) -> Range<Int> {
    var cursor = source.cursor(message.body)
    let start = try cursor.address(of: .header)
    let byteCount = try cursor.length()
    var run = try source.cursor(at: start, count: byteCount, .header)
    try map.claim(start..<start + byteCount, .header)
    guard !form.isFirst else { return start..<start + byteCount }
    try run.signature("OCHK")
    guard run.remaining >= 4 else {
      throw .damage("a checksum", at: run.position, found: "the end")
    }
    try source.verify(start..<start + byteCount, .header)
    return run.position..<start + byteCount - 4
  }
}
