extension ImageReply {
  /// Writes an answer.
  package struct Writer {
    private var buffer: [UInt8] = []
    private let send: (UnsafeRawBufferPointer) -> Void

    /// A writer whose pieces go to `send`.
    package init(missing: String, to send: @escaping (UnsafeRawBufferPointer) -> Void) {
      self.send = send
      buffer = signature
      put(missing)
    }

    /// The end of an answer: there is no image.
    package mutating func refuse(_ fault: Fault, _ reason: String) {
      buffer += [Step.refused.rawValue, fault.rawValue]
      put(reason)
      flush()
    }

    /// The begin of an image.
    package mutating func begin(width: Int, height: Int, _ form: Form) {
      buffer.append(Step.next.rawValue)
      put(width)
      put(height)
      buffer.append(form.rawValue)
    }

    /// The next row.
    package mutating func put(row: [UInt8]) {
      buffer.append(Step.next.rawValue)
      buffer += row
      if buffer.count >= 1 << 16 { flush() }
    }

    /// The end of an image, and the first damage that was passed over.
    package mutating func end(warning: String) {
      buffer.append(Step.end.rawValue)
      put(warning)
      flush()
    }

    private mutating func flush() {
      buffer.withUnsafeBytes(send)
      buffer.removeAll(keepingCapacity: true)
    }

    private mutating func put(_ value: Int) {
      for index in 0..<8 { buffer.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    private mutating func put(_ text: String) {
      put(text.utf8.count)
      buffer += text.utf8
    }
  }
}
