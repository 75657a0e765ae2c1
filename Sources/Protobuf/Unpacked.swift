// Swift values out of the C structures of a decoded message. SAFETY of all: protobuf-c made
// pointer and count together, or both are null and zero; what is returned is a copy.

/// A text; empty where there is none.
package func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}

/// A repeated text.
package func texts(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
) -> [String] {
  UnsafeBufferPointer(start: pointer, count: count).map(text)
}

/// Where the elements of a repeated message lie.
package func elements<Message>(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int
) -> [UnsafeMutablePointer<Message>] {
  UnsafeBufferPointer(start: pointer, count: count).compactMap { $0 }
}

/// A repeated integer.
package func numbers<Number: BinaryInteger>(
  _ pointer: UnsafeMutablePointer<Number>?, _ count: Int
) -> [Int] {
  UnsafeBufferPointer(start: pointer, count: count).map { Int($0) }
}

/// A repeated float; exact.
package func numbers(_ pointer: UnsafeMutablePointer<Float>?, _ count: Int) -> [Double] {
  UnsafeBufferPointer(start: pointer, count: count).map { Double($0) }
}

/// A message where it is given, else one with the schema's defaults.
package func given<Message>(
  _ pointer: UnsafeMutablePointer<Message>?, _ initialize: (UnsafeMutablePointer<Message>) -> Void,
  _ empty: Message
) -> Message {
  if let pointer { return pointer.pointee }
  var message = empty
  initialize(&message)
  return message
}
