internal import Files
internal import HDF5
internal import JSON
internal import ModelIO
internal import TensorCore

/// The index of weights that Keras saved into several files: `model.weights.json`, beside
/// `model_00000.weights.h5`, `model_00001.weights.h5`, …
///
/// As `ShardedH5IOStore` in keras/src/saving/saving_lib.py writes it.
struct ShardIndex {
  /// In which files the tensors of each group are.
  private let files: [String: [String]]

  /// The names of the files, each once, in their order.
  var fileNames: [String] { Set(files.values.joined()).sorted() }

  /// Whether a definition in JSON is an index of Keras; those of others name other kinds of files.
  static func isIndex(_ json: JSON) -> Bool {
    guard case .object(let members)? = json["weight_map"] else { return false }
    return members.contains { member in
      (member.value.elements ?? [member.value]).contains { $0.text?.hasSuffix(".h5") == true }
    }
  }

  /// Reads an index.
  ///
  /// - Throws: `FormatError` naming the entry that names no file in its folder.
  init(_ bytes: Bytes) throws(FormatError) {
    guard case .object(let members)? = try JSON(parsing: bytes)["weight_map"] else {
      throw FormatError(.badModel, "expected the index of weights in several files, found none")
    }
    var files: [String: [String]] = [:]
    for member in members {
      let place = FormatError.Location.object("weight_map/\(member.name)")
      let names = (member.value.elements ?? [member.value]).map(\.text)
      guard !names.isEmpty else { throw FormatError(at: place, "expected a file, found none") }
      for name in names {
        guard let name else { throw FormatError(at: place, "expected the name of a file") }
        // A path could lead anywhere.
        guard !name.contains("/"), name.hasSuffix(".h5") else {
          throw FormatError(
            .refused, at: place,
            "expected the name of an HDF5 file in the folder of the index, found \(name)")
        }
        files[member.name, default: []].append(name)
      }
    }
    self.files = files
  }

  /// A file that the index names: one of those given, or the one beside the index.
  func shard(
    _ name: String, of index: InputFile, among given: [InputFile]
  ) throws(FormatError) -> InputFile {
    if let file = given.first(where: { $0.name == name }) { return file }
    let folder = index.path.lastIndex(of: "/").map { String(index.path[...$0]) } ?? ""
    do {
      return try InputFile(path: folder + name)
    } catch {
      throw FormatError(
        error.kind, file: index.path, at: .object("weight_map"),
        "expected the shard \(name) beside the index: \(error.reason)")
    }
  }
}

extension ShardIndex {
  /// What the shards hold together, and which of them holds each dataset.
  ///
  /// - Throws: `FormatError` where the index says otherwise.
  func joined(
    _ shards: [HDF5File]
  ) throws(FormatError) -> (root: HDF5File.Group, places: [String: Int]) {
    var places: [String: Int] = [:]
    var found: [String: Set<String>] = [:]
    for (number, shard) in shards.enumerated() {
      for dataset in shard.root.contents().datasets {
        if let other = places.updateValue(number, forKey: dataset.path) {
          throw FormatError(
            at: .object(dataset.path),
            "expected a tensor in one shard, found it in \(shards[other].file.name) and "
              + "\(shard.file.name)")
        }
        let group = String(dataset.path.prefix(upTo: dataset.path.lastIndex(of: "/")!))  // from /
        let name = shard.file.name
        guard files[group]?.contains(name) == true else {
          throw FormatError(
            at: .object("weight_map/\(group)"),
            "expected \(name), which has \(dataset.path), found "
              + (files[group].map { listed($0).joined(separator: ", ") } ?? "no such entry"))
        }
        found[group, default: []].insert(name)
      }
    }
    for (group, names) in files.sorted(by: { $0.key < $1.key }) {
      for name in names where found[group]?.contains(name) != true {
        throw FormatError(
          at: .object("weight_map/\(group)"), "expected tensors of \(group) in \(name), found none")
      }
    }
    return (try Self.joined(shards.map(\.root), at: "/"), places)
  }

  /// Groups of one path as one group.
  private static func joined(
    _ groups: [HDF5File.Group], at path: String
  ) throws(FormatError) -> HDF5File.Group {
    guard groups.count > 1 else { return groups[0] }
    var members: [(name: String, object: HDF5File.Object)] = []
    var parts: [String: [HDF5File.Group]] = [:]
    var attributes: [String: HDF5File.Attribute] = [:]
    for group in groups {
      attributes.merge(group.attributes) { first, _ in first }
      for (name, object) in group.members {
        guard case .group(let part) = object else {
          members.append((name, object))
          continue
        }
        if parts[name] == nil { members.append((name, object)) }
        parts[name, default: []].append(part)
      }
    }
    guard Set(members.map(\.name)).count == members.count else {
      throw FormatError(
        at: .object(path), "expected each object in one shard, found one in several")
    }
    for index in members.indices {
      guard case .group(let group) = members[index].object else { continue }
      // Every group was put there by its name.
      members[index].object = .group(try joined(parts[members[index].name]!, at: group.path))
    }
    return HDF5File.Group(path: path, members: members, attributes: attributes)
  }
}
