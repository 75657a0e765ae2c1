extension HDF5File.Group {
  /// A sentence about floating-point numbers of both byte orders; nil where there is one order.
  ///
  /// One program writes one order. In an old file no checksum covers the bit that says which, and
  /// numbers read the other way round are other numbers, without a word.
  var noteOnByteOrders: String? {
    var (big, little): ([String], [String]) = ([], [])
    var groups = [self]
    while let group = groups.popLast() {
      for (_, object) in group.members {
        switch object {
        case .group(let group): groups.append(group)
        case .dataset(let dataset):
          guard case .numbers(_, let isBigEndian) = dataset.elements else { continue }
          if isBigEndian { big.append(dataset.path) } else { little.append(dataset.path) }
        case .namedType, .link: continue
        }
      }
    }
    guard !big.isEmpty, !little.isEmpty else { return nil }
    let (name, paths) = big.count <= little.count ? ("big", big) : ("little", little)
    let more = paths.count > 3 ? " and \(paths.count - 3) more" : ""
    return "numbers of both byte orders: \(name)-endian in "
      + paths.prefix(3).joined(separator: ", ") + more
  }
}
