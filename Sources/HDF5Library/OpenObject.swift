internal import CHDF5
internal import Files
internal import HDF5

/// A group, a dataset or a named type, opened by its address.
struct OpenObject: ~Copyable {
  let handle: Handle
  let address: haddr_t
  let kind: HDF5File.Kind

  /// One name in a group.
  struct Link {
    enum Target {
      case object(haddr_t)
      case path(HDF5File.Link)
    }
    let name: String
    let target: Target
  }

  /// The names in a group and what they stand for.
  ///
  /// - Throws: `FormatError` for a damaged group and for a name that paths cannot have.
  func links(at path: String) throws(FormatError) -> [Link] {
    var found: [FoundLink] = []
    let status = withUnsafeMutablePointer(to: &found) { found in
      chdf5_visit_links(
        handle.id,
        chdf5_visitor(
          visit: { context, name, type, address in
            guard let context, let name else { return -1 }
            // SAFETY: `context` is `found`, which outlives the visit and is used by it alone.
            context.assumingMemoryBound(to: [FoundLink].self).pointee.append(
              FoundLink(name: String(validatingCString: name), type: type, address: address))
            return 0
          }, context: found))
    }
    guard status >= 0 else { throw Library.fault("a sound group", at: path) }
    var links: [Link] = []
    for link in found {
      guard let name = link.name else {
        throw FormatError(at: .object(path), "expected names in UTF-8, found other bytes")
      }
      guard !name.isEmpty, name != ".", !name.utf8.contains(UInt8(ascii: "/")) else {
        throw FormatError(
          at: .object(path), "expected names that a path can have, found \"\(name)\"")
      }
      links.append(Link(name: name, target: link.target))
    }
    return links
  }
}

/// A link as the library gives it.
private struct FoundLink {
  let name: String?
  let type: H5L_type_t
  let address: haddr_t

  var target: OpenObject.Link.Target {
    switch type {
    case H5L_TYPE_HARD: .object(address)
    case H5L_TYPE_SOFT: .path(.soft)
    case H5L_TYPE_EXTERNAL: .path(.external)
    default: .path(.userDefined)
    }
  }
}
