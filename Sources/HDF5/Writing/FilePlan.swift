internal import Files
internal import TensorCore

/// Where everything goes, found in one walk; the addresses are written in a second one.
struct FilePlan {
  struct Group {
    var address: Int
    var members: [(name: String, target: Target)]
    var attributes: [(name: String, value: HDF5Draft.Attribute)]
  }

  struct Dataset {
    var path: String
    var header: Int
    var tensor: Tensor
    var address = 0
  }

  enum Target {
    case group(Int)
    case dataset(Int)
  }

  var groups: [Group] = []
  var datasets: [Dataset] = []
  var texts: [String] = []
  /// Behind the last header.
  var end = Superblock.byteCount
}

extension FilePlan {
  /// Plans a group and all that is in it; returns its index.
  mutating func place(_ group: HDF5Draft.Group, at path: String) throws(FormatError) -> Int {
    try check(group, at: path)
    let index = groups.count
    groups.append(.init(address: 0, members: [], attributes: group.attributes))
    for case .text(let text) in group.attributes.map(\.value) { texts.append(text) }
    // The header's size does not depend on addresses.
    let size = HeaderDraft(
      members: group.members.map { ($0.name, 0) },
      attributes: group.attributes.map { $0.value.encoded($0.name, in: nil) }
    ).byteCount
    groups[index].address = take(size)
    for (name, object) in group.members {
      let memberPath = path == "/" ? "/\(name)" : "\(path)/\(name)"
      switch object {
      case .group(let inner):
        groups[index].members.append((name, .group(try place(inner, at: memberPath))))
      case .dataset(let tensor):
        let header = take(HeaderDraft(tensor, address: 0).byteCount)
        groups[index].members.append((name, .dataset(datasets.count)))
        datasets.append(.init(path: memberPath, header: header, tensor: tensor))
      }
    }
    return index
  }

  /// The place of the next header.
  private mutating func take(_ byteCount: Int) -> Int {
    let address = end
    end = (end + byteCount).rounded(to: 8)
    return address
  }

  /// Everything before the elements: superblock, headers, texts.
  func metadata(root: Int, heap: TextHeap, endOfFile: Int) -> [UInt8] {
    var bytes = Superblock.bytes(root: groups[root].address, endOfFile: endOfFile)
    var headers: [(address: Int, bytes: [UInt8])] = []
    var text = heap.firstIndex
    for group in groups {
      let members = group.members.map { name, target in
        switch target {
        case .group(let index): (name, UInt64(groups[index].address))
        case .dataset(let index): (name, UInt64(datasets[index].header))
        }
      }
      let attributes = group.attributes.map { name, value in
        let encoded = value.encoded(name, in: (heap, text))
        if case .text = value { text += 1 }
        return encoded
      }
      headers.append((group.address, HeaderDraft(members: members, attributes: attributes).bytes))
    }
    for dataset in datasets {
      let header = HeaderDraft(dataset.tensor, address: UInt64(dataset.address))
      headers.append((dataset.header, header.bytes))
    }
    headers.sort { $0.address < $1.address }
    for header in headers {
      bytes += [UInt8](repeating: 0, count: header.address - bytes.count)
      bytes += header.bytes
    }
    bytes += [UInt8](repeating: 0, count: end - bytes.count)
    return bytes + heap.bytes
  }

  private func check(_ group: HDF5Draft.Group, at path: String) throws(FormatError) {
    let place = FormatError.Location.object(path)
    var names: Set<String> = []
    for name in group.members.map(\.name) {
      guard !name.isEmpty, !name.utf8.contains(where: { [0, 0x2f].contains($0) }), name != ".",
        name.utf8.count < 1 << 15
      else { throw FormatError(at: place, "HDF5 has no object named \(name)") }
      guard names.insert(name).inserted else {
        throw FormatError(at: place, "two objects have the name \(name)")
      }
    }
    var attributes: Set<String> = []
    for (name, value) in group.attributes {
      guard attributes.insert(name).inserted else {
        throw FormatError(at: place, "two attributes have the name \(name)")
      }
      let count =
        switch value {
        case .string(let string): string.utf8.count
        case .strings(let strings): HDF5Draft.Attribute.byteCount(of: strings)
        case .text: 0
        }
      guard count <= HDF5Draft.Attribute.largestByteCount else {
        throw FormatError(
          at: place,
          "expected at most \(HDF5Draft.Attribute.largestByteCount) bytes in the attribute "
            + "\(name), found \(count)")
      }
    }
  }
}

extension HDF5Draft.Attribute {
  /// The attribute as a message.
  ///
  /// - Parameter place: the heap and the index there of a text; nil where only the size matters.
  fileprivate func encoded(
    _ name: String, in place: (heap: TextHeap, index: Int)?
  ) -> EncodedAttribute {
    switch self {
    case .string(let string):
      let width = Self.width(of: [string])
      return EncodedAttribute(
        name, type: Datatype.string(byteCount: width), dataspace: Dataspace.scalar,
        elements: string.filled(to: width))
    case .strings(let strings):
      let width = Self.width(of: strings)
      return EncodedAttribute(
        name, type: Datatype.string(byteCount: width),
        dataspace: Dataspace.simple([strings.count]),
        elements: strings.flatMap { $0.filled(to: width) })
    case .text(let text):
      let (address, index) = place.map { ($0.heap.address, $0.index) } ?? (0, 0)
      return EncodedAttribute(
        name, type: Datatype.text, dataspace: Dataspace.scalar,
        elements: little(UInt32(text.utf8.count)) + little(UInt64(address))
          + little(UInt32(index)))
    }
  }
}

extension String {
  /// The text with NULs behind it.
  fileprivate func filled(to byteCount: Int) -> [UInt8] {
    Array(utf8) + [UInt8](repeating: 0, count: byteCount - utf8.count)
  }
}
