extension JSONText.Value {
  /// The values of an array in order; none for anything else.
  public var elements: JSONText.Elements {
    JSONText.Elements(position: at(index + 1), end: isArray ? next : 0)
  }

  /// The members of an object in order; none for anything else.
  public var members: JSONText.Members {
    JSONText.Members(position: at(index + 1), end: isObject ? next : 0)
  }

  /// The value of the member of that name, if this is an object that has one.
  public subscript(name: String) -> JSONText.Value? {
    members.first { $0.name.isString(name) }?.value
  }

  /// Whether this is a string of exactly these bytes.
  public func isString(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isString($0) }
  }
}

extension JSONText {
  /// The values of an array in order.
  public struct Elements: Sequence, IteratorProtocol {
    var position: Value
    let end: Int

    /// The next value.
    public mutating func next() -> Value? {
      guard position.index < end else { return nil }
      let value = position
      position = value.at(value.next)
      return value
    }
  }

  /// The members of an object in order; a name is a string.
  public struct Members: Sequence, IteratorProtocol {
    var position: Value
    let end: Int

    /// The next member.
    public mutating func next() -> (name: Value, value: Value)? {
      guard position.index < end else { return nil }
      let name = position
      let value = name.at(name.index + 1)
      position = value.at(value.next)
      return (name, value)
    }
  }
}
