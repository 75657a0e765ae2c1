/// A message of an object header: the specification, IV.A.2.
struct Message {
  /// The messages that are looked at here; the specification's numbers.
  enum Kind: Int {
    case dataspace = 0x01
    case linkInformation = 0x02
    case datatype = 0x03
    case fillValue = 0x05
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case filters = 0x0b
    case attribute = 0x0c
    case continuation = 0x10
    case symbolTable = 0x11
    case nodeLimits = 0x13
    case driver = 0x14
    case attributeInformation = 0x15
    case cacheImage = 0x18
  }

  var type: Kind
  /// The body is elsewhere, and this a reference to it.
  var isShared: Bool
  /// Where it stands in the file.
  var body: Range<Int>

  /// The last number that the specification has.
  static let lastNumber = 0x18
  /// Whoever does not know the message must not read the object.
  static let failsIfUnknown = 0x80
}

/// An object header with all its continuations.
struct ObjectHeader {
  var messages: [Message]

  /// The only message of a kind; nil without one.
  func message(_ kind: Message.Kind) throws(Fault) -> Message? {
    var found: Message?
    for message in messages where message.type == kind {
      if let found {
        throw .damage(
          "one message of type \(kind.rawValue)", at: found.body.lowerBound, found: "two")
      }
      found = message
    }
    return found
  }

  /// The body of the only message of a kind, which is in no other place.
  func body(_ kind: Message.Kind) throws(Fault) -> Range<Int>? {
    guard let message = try message(kind) else { return nil }
    guard !message.isShared else {
      throw .unsupported(
        "a message of type \(kind.rawValue) in its header", at: message.body.lowerBound,
        found: "one that is shared")
    }
    return message.body
  }

  /// What the object is; nil for a header that is none of it, or more than one.
  var kind: HDF5File.Kind? {
    func has(_ kinds: Message.Kind...) -> Bool { messages.contains { kinds.contains($0.type) } }
    let isGroup = has(.symbolTable, .linkInformation)
    switch (isGroup, has(.datatype), has(.dataspace), has(.layout)) {
    case (true, false, false, false): return .group
    case (false, true, true, true): return .dataset
    case (false, true, false, false): return .namedType
    default: return nil
    }
  }
}
