internal import CHDF5
internal import Files
internal import HDF5
internal import TensorCore

/// Lists what is in a file, within limits.
struct Listing {
  /// Deeper than any model: Keras nests four groups for each model within a model.
  private static let depthLimit = 32
  /// Ten times the objects of a ResNet-1202 in Keras.
  private static let objectLimit = 200_000
  /// More than the attributes of any model take together: the definition of a ResNet-1202 has 3 MB.
  static let attributeByteLimit = 64 << 20

  private let file: OpenFile
  private let readsAttributes: Bool
  private var objectCount = 0
  /// The paths of the groups that were listed, by their addresses.
  private var groups: [haddr_t: String] = [:]
  /// The bytes that attributes may still take.
  private var attributeByteCount = Listing.attributeByteLimit
  /// The bytes that all chunked datasets together would take.
  private var decodedByteCount = 0

  /// A listing of a file.
  init(_ file: OpenFile, readsAttributes: Bool) {
    self.file = file
    self.readsAttributes = readsAttributes
  }

  /// Everything from the root on.
  mutating func root() throws(FormatError) -> HDF5File.Group {
    let root = try file.root()
    return try list(root, at: "/", depth: 0)
  }

  /// What is directly in the root.
  func rootKinds() throws(FormatError) -> [String: HDF5File.Kind] {
    let root = try file.root()
    var kinds: [String: HDF5File.Kind] = [:]
    for link in try root.links(at: "/") {
      switch link.target {
      case .path: kinds[link.name] = .link
      case .object(let address):
        kinds[link.name] = try file.object(at: address, path: "/\(link.name)").kind
      }
    }
    return kinds
  }

  /// A group with all that is below it.
  private mutating func list(
    _ group: borrowing OpenObject, at path: String, depth: Int
  ) throws(FormatError) -> HDF5File.Group {
    guard depth <= Listing.depthLimit else {
      throw FormatError(
        .refused, at: .object(path),
        "expected at most \(Listing.depthLimit) groups within each other, found more")
    }
    // Along two paths to a group, it can hold itself, or the number of paths double at each depth.
    if let other = groups.updateValue(path, forKey: group.address) {
      throw FormatError(
        .refused, at: .object(path), "expected one path to each group, found \(other) to this one")
    }
    let links = try group.links(at: path)
    var members: [(name: String, object: HDF5File.Object)] = []
    var places: [String: Int] = [:]
    for link in links {
      let memberPath = path == "/" ? "/\(link.name)" : "\(path)/\(link.name)"
      objectCount += 1
      guard objectCount <= Listing.objectLimit else {
        throw FormatError(
          .refused, at: .object(memberPath),
          "expected at most \(Listing.objectLimit) objects, found more")
      }
      let member =
        switch link.target {
        case .path(let kind): HDF5File.Object.link(kind)
        case .object(let address): try object(at: address, memberPath, depth: depth + 1)
        }
      guard places.updateValue(members.count, forKey: link.name) == nil else {
        throw FormatError(at: .object(memberPath), "two objects have this name")
      }
      members.append((link.name, member))
    }
    return HDF5File.Group(
      path: path, members: members, places: places, attributes: try attributes(of: group, path))
  }

  private mutating func attributes(
    of object: borrowing OpenObject, _ path: String
  ) throws(FormatError) -> [String: HDF5File.Attribute] {
    guard readsAttributes else { return [:] }
    return try object.attributes(at: path, byteLimit: &attributeByteCount)
  }

  private mutating func object(
    at address: haddr_t, _ path: String, depth: Int
  ) throws(FormatError) -> HDF5File.Object {
    let object = try file.object(at: address, path: path)
    switch object.kind {
    case .group: return .group(try list(object, at: path, depth: depth))
    case .dataset:
      var dataset = try HDF5File.Dataset(object, of: file, at: path)
      dataset.attributes = try attributes(of: object, path)
      try refuseBombs(dataset)
      return .dataset(dataset)
    case .namedType, .link: return .namedType
    }
  }

  /// Refuses datasets that together declare more than such a file can hold, however compressed.
  private mutating func refuseBombs(_ dataset: HDF5File.Dataset) throws(FormatError) {
    guard case .chunked(let chunk, _) = dataset.storage,
      let byteCount = dataset.byteCount
    else { return }
    let limit = file.bytes.count.multipliedReportingOverflow(by: HDF5File.Filter.largestRatio)
    let sum = decodedByteCount.addingReportingOverflow(byteCount)
    guard limit.overflow || !sum.overflow && sum.partialValue <= limit.partialValue else {
      throw FormatError(
        .refused, at: .object(dataset.path),
        "expected datasets that a file of \(file.bytes.count) bytes can hold, compressed at best "
          + "\(HDF5File.Filter.largestRatio) to 1, found \(byteCount) bytes here and \(decodedByteCount) before"
      )
    }
    // A chunk takes a byte at least; so many are not asked for one after the other.
    let chunkCount = zip(dataset.shape.dimensions, chunk).reduce(1.0) { product, extents in
      product * (Double(extents.0) / Double(max(extents.1, 1))).rounded(.up)
    }
    guard chunkCount <= Double(file.bytes.count) else {
      throw FormatError(
        .refused, at: .object(dataset.path),
        "expected chunks that a file of \(file.bytes.count) bytes can hold, found \(chunk) of "
          + "\(dataset.shape)")
    }
    decodedByteCount = sum.partialValue
  }
}
