public import TensorCore

extension HDF5File.Group {
  /// A group of objects that were read, of one file or of several.
  ///
  /// - Precondition: no name comes twice.
  public init(
    path: String, members: [(name: String, object: HDF5File.Object)],
    attributes: [String: HDF5File.Attribute] = [:]
  ) {
    self.init(
      path: path, members: members,
      places: Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.name, $0) }),
      attributes: attributes)
  }

  /// The group with each dataset in it, however deep, replaced by what `transform` makes of it.
  public func mappingDatasets(
    _ transform: (HDF5File.Dataset) -> HDF5File.Dataset
  ) -> HDF5File.Group {
    let mapped = members.map { name, object -> (name: String, object: HDF5File.Object) in
      switch object {
      case .group(let group): (name, .group(group.mappingDatasets(transform)))
      case .dataset(let dataset): (name, .dataset(transform(dataset)))
      case .namedType, .link: (name, object)
      }
    }
    return HDF5File.Group(path: path, members: mapped, attributes: attributes)
  }
}

extension HDF5File.Dataset {
  /// The same elements read as little-endian numbers of a type that HDF5 had no name for; nil unless
  /// they are opaque data of its size.
  public func opaqueElements(as type: ElementType) -> HDF5File.Dataset? {
    guard elements == .opaque(byteCount: type.byteCount) else { return nil }
    var dataset = self
    dataset.elements = .numbers(type, isBigEndian: false)
    return dataset
  }
}
