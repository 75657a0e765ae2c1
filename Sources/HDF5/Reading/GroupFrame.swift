/// A group whose members are being listed.
struct GroupFrame {
  var path: String
  /// Its own header, and what is attached to it: read when all members are.
  let header: ObjectHeader
  var attributes: [String: HDF5File.Attribute] = [:]
  /// The links that are still to be looked at, the next one last.
  var rest: [(name: String, target: LinkMessage.Target)]
  private var members: [(name: String, object: HDF5File.Object)] = []
  private var places: [String: Int] = [:]

  init(
    path: String, header: ObjectHeader, rest: [(name: String, target: LinkMessage.Target)]
  ) {
    self.path = path
    self.header = header
    self.rest = rest
    members.reserveCapacity(rest.count)
    places.reserveCapacity(rest.count)
  }

  /// The name under which its own group has it: what is behind the last slash.
  var name: String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) }
      ?? path
  }

  /// The path of a member.
  func path(of member: String) -> String { path == "/" ? "/\(member)" : "\(path)/\(member)" }

  mutating func add(_ object: HDF5File.Object, _ name: String) throws(Fault) {
    guard places.updateValue(members.count, forKey: name) == nil else {
      throw Fault(.damaged, at: path(of: name), "two objects have this name")
    }
    members.append((name, object))
  }

  /// The group with all that was added.
  var group: HDF5File.Group {
    HDF5File.Group(path: path, members: members, places: places, attributes: attributes)
  }
}
