internal import Files
internal import TensorCore

/// Lists what is in a file, within limits.
struct Listing {
  /// Deeper than any model: Keras nests four groups for each model within a model.
  private static let depthLimit = 32
  /// Ten times the objects of a ResNet-1202 in Keras.
  private static let objectLimit = 200_000
  /// Of all paths together: each begins with the whole name of the group that an object is in.
  private static let pathByteLimit = 64 << 20
  /// Of one object: a list that does not fit into one attribute is cut into a hundred at most.
  private static let attributeLimit = 1000

  private var reader: Reader
  private let readsAttributes: Bool
  private var objectCount = 0
  private var pathByteCount = 0
  /// The addresses of the groups that were listed.
  private var groups: Set<Int> = []
  /// The datasets that were listed, by their addresses: several names may lead to one.
  private var datasets: [Int: HDF5File.Dataset] = [:]
  /// The bytes that attributes may still take.
  private var attributeByteCount: Int
  /// The bytes that all chunked datasets together would take.
  private var decodedByteCount = 0
  /// The object that is being read.
  private var path = "/"

  private init(_ bytes: Bytes, readsAttributes: Bool) throws(Fault) {
    reader = try Reader(bytes)
    attributeByteCount = reader.attributeByteLimit
    self.readsAttributes = readsAttributes
  }

  /// What `body` finds in a file.
  ///
  /// - Throws: `Refusal` with the path of the object that was being read.
  static func of<Answer>(
    _ file: InputFile, readsAttributes: Bool = false,
    _ body: (inout Listing) throws(Fault) -> Answer
  ) throws(Refusal) -> Answer {
    var listing: Listing
    do { listing = try Listing(file.bytes, readsAttributes: readsAttributes) } catch {
      throw Refusal(error, path: nil, file)
    }
    do { return try body(&listing) } catch { throw Refusal(error, path: listing.path, file) }
  }

  /// Everything from the root on, one object after the other: no file is deep enough for the stack.
  mutating func root() throws(Fault) -> HDF5File.Group {
    var frames = [try frame(try reader.header(at: reader.root), at: reader.root, "/", depth: 0)]
    while true {
      guard let link = frames[frames.count - 1].rest.popLast() else {
        var finished = frames.removeLast()
        if readsAttributes {
          (path, reader.map.owner) = (finished.path, finished.path)
          finished.attributes = try attributes(of: finished.header, finished.path)
        }
        guard !frames.isEmpty else {
          try reader.map.check()
          return finished.group
        }
        try frames[frames.count - 1].add(.group(finished.group), finished.name)
        continue
      }
      let memberPath = frames[frames.count - 1].path(of: link.name)
      objectCount += 1
      guard objectCount <= Listing.objectLimit else {
        throw Fault(
          .beyondLimits, at: memberPath,
          "expected at most \(Listing.objectLimit) objects, found more")
      }
      pathByteCount += memberPath.utf8.count
      guard pathByteCount <= Listing.pathByteLimit else {
        throw Fault(
          .beyondLimits,
          "expected paths of at most \(Listing.pathByteLimit) bytes in a file, found more")
      }
      switch link.target {
      case .path(let kind): try frames[frames.count - 1].add(.link(kind), link.name)
      case .object(let address):
        let member = try member(at: address, memberPath, depth: frames.count)
        switch member {
        case .object(let object): try frames[frames.count - 1].add(object, link.name)
        case .group(let frame): frames.append(frame)
        }
      }
    }
  }

  /// What is directly in the root.
  mutating func rootKinds() throws(Fault) -> [String: HDF5File.Kind] {
    let root = try reader.header(at: reader.root)
    guard root.kind == .group else {
      throw .damage("a root that is a group", at: reader.root, found: "another object")
    }
    var kinds: [String: HDF5File.Kind] = [:]
    var known: [Int: HDF5File.Kind] = [reader.root: .group]
    for (name, target) in try names(in: root) {
      switch target {
      case .path: kinds[name] = .link
      case .object(let address):
        let kind: HDF5File.Kind
        if let before = known[address] {
          kind = before
        } else {
          kind = try self.kind(of: try reader.header(at: address), at: address)
          known[address] = kind
        }
        kinds[name] = kind
      }
    }
    return kinds
  }

  /// The names of the root's attributes.
  mutating func rootAttributeNames() throws(Fault) -> Set<String> {
    let root = try reader.header(at: reader.root)
    var names: Set<String> = []
    let source = reader.source
    try reader.forEachAttribute(of: root) { attribute throws(Fault) in
      names.insert(try source.name(attribute.name))
    }
    return names
  }

  private func kind(of header: ObjectHeader, at address: Int) throws(Fault) -> HDF5File.Kind {
    guard let kind = header.kind else {
      throw .damage("a group, a dataset or a datatype", at: address, found: "none of them")
    }
    return kind
  }

  private enum Member {
    case object(HDF5File.Object)
    /// A group that is to be listed next.
    case group(GroupFrame)
  }

  private mutating func member(
    at address: Int, _ path: String, depth: Int
  ) throws(Fault) -> Member {
    self.path = path
    // Several names may lead to one object.
    if reader.map.isClaimed(at: address) {
      if groups.contains(address) {
        return .group(try frame(nil, at: address, path, depth: depth))
      }
      if var dataset = datasets[address] {
        dataset.path = path
        try refuseBombs(dataset)
        return .object(.dataset(dataset))
      }
      if reader.types[address] != nil { return .object(.namedType) }
    }
    reader.map.owner = path
    let header = try reader.header(at: address)
    switch try kind(of: header, at: address) {
    case .group: return .group(try frame(header, at: address, path, depth: depth))
    case .dataset:
      var dataset = try reader.dataset(header, at: address, path)
      dataset.attributes = try attributes(of: header, path)
      try refuseBombs(dataset)
      datasets[address] = dataset
      return .object(.dataset(dataset))
    case .namedType, .link:
      reader.types[address] = try header.body(.datatype)
      return .object(.namedType)
    }
  }

  /// A group whose members are to be listed.
  ///
  /// - Parameter header: nil for one that was read before.
  private mutating func frame(
    _ header: ObjectHeader?, at address: Int, _ path: String, depth: Int
  ) throws(Fault) -> GroupFrame {
    guard depth <= Listing.depthLimit else {
      throw Fault(
        .beyondLimits,
        "expected at most \(Listing.depthLimit) groups within each other, found more")
    }
    // Along two paths to a group, it can hold itself, or the number of paths double at each depth.
    guard groups.insert(address).inserted else {
      throw Fault(
        .beyondLimits,
        "expected one path to each group, found \(reader.map.owner(at: address)) to this one")
    }
    guard let header, header.kind == .group else {
      throw .damage("a group", at: address, found: "another object")
    }
    let links = try names(in: header)
    return GroupFrame(path: path, header: header, rest: links.reversed())
  }

  /// The names in a group and what they stand for.
  ///
  /// - Throws: `Fault` for a damaged group and for a name that paths cannot have.
  private mutating func names(
    in group: ObjectHeader
  ) throws(Fault) -> [(name: String, target: LinkMessage.Target)] {
    var names: [(name: String, target: LinkMessage.Target)] = []
    for link in try reader.links(of: group) {
      let name = try reader.source.name(link.name)
      guard !name.isEmpty, name != ".", !name.utf8.contains(where: { [0, 0x2f].contains($0) })
      else {
        throw Fault(.damaged, "expected names that a path can have, found \"\(name)\"")
      }
      names.append((name, link.target))
    }
    return names
  }

  private mutating func attributes(
    of header: ObjectHeader, _ path: String
  ) throws(Fault) -> [String: HDF5File.Attribute] {
    guard readsAttributes else { return [:] }
    var found: [AttributeMessage] = []
    try reader.forEachAttribute(of: header) { found.append($0) }
    guard found.count <= Listing.attributeLimit else {
      throw Fault(
        .beyondLimits,
        "expected at most \(Listing.attributeLimit) attributes, found \(found.count)")
    }
    var attributes: [String: HDF5File.Attribute] = [:]
    for attribute in found {
      let name = try reader.source.name(attribute.name)
      self.path = "\(path)@\(name)"
      let value = try reader.value(of: attribute, byteLimit: &attributeByteCount)
      guard attributes.updateValue(value, forKey: name) == nil else {
        throw Fault(.damaged, at: path, "two attributes are named \(name)")
      }
    }
    self.path = path
    return attributes
  }

  /// Refuses datasets that together declare more than such a file can hold, however compressed.
  private mutating func refuseBombs(_ dataset: HDF5File.Dataset) throws(Fault) {
    guard case .chunked(let chunk, _) = dataset.storage, let byteCount = dataset.byteCount
    else { return }
    let fileByteCount = reader.source.bytes.count
    let limit = fileByteCount.multipliedReportingOverflow(by: HDF5File.Filter.largestRatio)
    let sum = decodedByteCount.addingReportingOverflow(byteCount)
    guard limit.overflow || !sum.overflow && sum.partialValue <= limit.partialValue else {
      throw Fault(
        .beyondLimits,
        "expected datasets that a file of \(fileByteCount) bytes can hold, compressed at best "
          + "\(HDF5File.Filter.largestRatio) to 1, found \(byteCount) bytes here and "
          + "\(decodedByteCount) before")
    }
    // A chunk takes a byte at least; so many are not asked for one after the other.
    let chunkCount = zip(dataset.shape.dimensions, chunk).reduce(1.0) { product, extents in
      product * (Double(extents.0) / Double(max(extents.1, 1))).rounded(.up)
    }
    guard chunkCount <= Double(fileByteCount) else {
      throw Fault(
        .beyondLimits,
        "expected chunks that a file of \(fileByteCount) bytes can hold, found \(chunk) of "
          + "\(dataset.shape)")
    }
    decodedByteCount = sum.partialValue
  }
}

extension Source {
  /// A name of an object or an attribute.
  fileprivate func name(_ range: Range<Int>) throws(Fault) -> String {
    let name = bytes.withUnsafeBytes { String(validating: $0[range], as: UTF8.self) }
    guard let name else {
      throw Fault(.damaged, "expected names in UTF-8, found other bytes")
    }
    return name
  }
}
