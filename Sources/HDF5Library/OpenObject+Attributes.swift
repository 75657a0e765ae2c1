internal import CHDF5
internal import Files
internal import HDF5

extension OpenObject {
  /// A list that does not fit into one attribute is cut into a hundred at most. The library goes
  /// through all attributes of an old object for each one that it opens.
  private static let attributeLimit = 1000

  /// The names of the object's attributes.
  ///
  /// - Throws: `FormatError` with the object's path.
  func attributeNames(at path: String) throws(FormatError) -> [String] {
    var names: [String] = []
    try forEachAttribute(at: path) { name, _ in names.append(name) }
    return names
  }

  /// The object's attributes by their names.
  ///
  /// - Parameter byteLimit: how many bytes they may take; less what they take when it returns.
  /// - Throws: `FormatError` with the object's path and the attribute's name.
  func attributes(
    at path: String, byteLimit: inout Int
  ) throws(FormatError) -> [String: HDF5File.Attribute] {
    var attributes: [String: HDF5File.Attribute] = [:]
    var rest = byteLimit
    try forEachAttribute(at: path) { (name, attribute) throws(FormatError) in
      let place = "\(path)@\(name)"
      let value = try HDF5File.Attribute(reading: attribute, at: place, byteLimit: rest)
      rest -= value.byteCount
      guard attributes.updateValue(value, forKey: name) == nil else {
        throw FormatError(at: .object(path), "two attributes are named \(name)")
      }
    }
    byteLimit = rest
    return attributes
  }

  private func forEachAttribute(
    at path: String, _ body: (String, borrowing Handle) throws(FormatError) -> Void
  ) throws(FormatError) {
    let count = chdf5_attribute_count(handle.id)
    guard count >= 0 else { throw Library.fault("a sound object", at: path) }
    guard count <= Self.attributeLimit else {
      throw FormatError(
        .refused, at: .object(path),
        "expected at most \(Self.attributeLimit) attributes, found \(count)")
    }
    for index in 0..<count {
      guard
        let attribute = Handle(
          H5Aopen_by_idx(
            handle.id, ".", H5_INDEX_NAME, H5_ITER_NATIVE, hsize_t(index), 0, 0),
          closedBy: H5Aclose)
      else { throw Library.fault("a sound attribute", at: path) }
      try body(try OpenObject.name(of: attribute, at: path), attribute)
    }
  }

  private static func name(
    of attribute: borrowing Handle, at path: String
  ) throws(FormatError) -> String {
    let length = H5Aget_name(attribute.id, 0, nil)
    guard length >= 0, length < 1 << 16 else {
      throw Library.fault("a sound attribute", at: path)
    }
    var name = [CChar](repeating: 0, count: length + 1)
    guard H5Aget_name(attribute.id, name.count, &name) == length else {
      throw Library.fault("a sound attribute", at: path)
    }
    guard let text = String(validating: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    else {
      throw FormatError(at: .object(path), "expected names in UTF-8, found other bytes")
    }
    return text
  }
}

extension HDF5File.Attribute {
  /// Reads an open attribute.
  ///
  /// - Parameter byteLimit: how many bytes it may take.
  /// - Throws: `FormatError` for a damaged one, for one that is too large, and for texts that are
  ///   not UTF-8.
  fileprivate init(
    reading attribute: borrowing Handle, at place: String, byteLimit: Int
  ) throws(FormatError) {
    guard let type = Handle(H5Aget_type(attribute.id), closedBy: H5Tclose),
      let space = Handle(H5Aget_space(attribute.id), closedBy: H5Sclose)
    else { throw Library.fault("a sound attribute", at: place) }
    let points = H5Sget_simple_extent_npoints(space.id)
    let width = H5Tget_size(type.id)
    guard points >= 0, width > 0 else { throw Library.fault("a sound attribute", at: place) }
    guard H5Sget_simple_extent_type(space.id) != H5S_NULL else {
      self = .other("nothing")
      return
    }
    let (byteCount, overflow) = Int(points).multipliedReportingOverflow(by: max(width, 8))
    guard !overflow, byteCount <= byteLimit else { throw Self.tooLarge(at: place) }
    let count = Int(points)
    switch H5Tget_class(type.id) {
    case H5T_STRING:
      self = .strings(
        H5Tis_variable_str(type.id) > 0
          ? try Self.variableStrings(attribute, type, space, count, byteLimit, at: place)
          : try Self.fixedStrings(attribute, type, count, width, at: place))
    case H5T_INTEGER:
      var values = [Int64](repeating: 0, count: count)
      guard count == 0 || H5Aread(attribute.id, chdf5_int64(), &values) >= 0 else {
        throw Library.fault("sound integers", at: place)
      }
      self = .integers(values.map { Int($0) })
    case H5T_FLOAT:
      var values = [Double](repeating: 0, count: count)
      guard count == 0 || H5Aread(attribute.id, chdf5_double(), &values) >= 0 else {
        throw Library.fault("sound numbers", at: place)
      }
      self = .numbers(values)
    case let kind: self = .other(HDF5File.Elements.name(ofClass: Int(kind.rawValue)))
    }
  }

  private static func fixedStrings(
    _ attribute: borrowing Handle, _ type: borrowing Handle, _ count: Int, _ width: Int,
    at place: String
  ) throws(FormatError) -> [String] {
    var content = [UInt8](repeating: 0, count: count * width)
    guard count == 0 || H5Aread(attribute.id, type.id, &content) >= 0 else {
      throw Library.fault("sound strings", at: place)
    }
    let isFilledWithSpaces = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD
    var strings: [String] = []
    for index in 0..<count {
      var text = content[index * width..<(index + 1) * width].prefix { $0 != 0 }
      while isFilledWithSpaces, text.last == UInt8(ascii: " ") { text.removeLast() }
      strings.append(try string(text, at: place))
    }
    return strings
  }

  private static func variableStrings(
    _ attribute: borrowing Handle, _ type: borrowing Handle, _ space: borrowing Handle,
    _ count: Int, _ byteLimit: Int, at place: String
  ) throws(FormatError) -> [String] {
    guard count > 0 else { return [] }
    // All may be one text in the file; in memory each has its own.
    guard try textByteCount(attribute, type, count, at: place) <= byteLimit else {
      throw tooLarge(at: place)
    }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    guard H5Aread(attribute.id, type.id, &pointers) >= 0 else {
      throw Library.fault("sound strings", at: place)
    }
    // SAFETY: the library filled `pointers` with strings that end in NUL, or nil for empty ones,
    // and frees them here.
    defer { _ = H5Dvlen_reclaim(type.id, space.id, 0, &pointers) }
    var strings: [String] = []
    for pointer in pointers {
      let text = pointer.map { UnsafeRawBufferPointer(start: $0, count: chdf5_length($0)) }
      strings.append(try string(text ?? UnsafeRawBufferPointer(start: nil, count: 0), at: place))
    }
    return strings
  }

  /// Lets the library convert texts of variable length to their lengths and places.
  private static let showsLengths: Bool = {
    guard let text = Handle(chdf5_texts(), closedBy: H5Tclose),
      let raw = Handle(H5Tcreate(H5T_OPAQUE, 1), closedBy: H5Tclose)
    else { return false }
    return H5Tregister(H5T_PERS_SOFT, "lengths", text.id, raw.id, chdf5_keep) >= 0
  }()

  /// The bytes of all texts of variable length, as the file gives their lengths; no text is read.
  private static func textByteCount(
    _ attribute: borrowing Handle, _ type: borrowing Handle, _ count: Int, at place: String
  ) throws(FormatError) -> Int {
    let width = Int(clamping: H5Aget_storage_size(attribute.id)) / count
    guard showsLengths, 4...32 ~= width,
      let raw = Handle(H5Tcreate(H5T_OPAQUE, width), closedBy: H5Tclose)
    else { throw Library.fault("sound strings", at: place) }
    var references = [UInt8](repeating: 0, count: count * width)
    guard H5Aread(attribute.id, raw.id, &references) >= 0 else {
      throw Library.fault("sound strings", at: place)
    }
    // Fewer than 2^32 of less than 2^32 bytes.
    return (0..<count).reduce(0) { sum, index in
      let length = references[index * width..<index * width + 4]
      return sum + length.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
  }

  private static func string(
    _ bytes: some Sequence<UInt8>, at place: String
  ) throws(FormatError) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(at: .object(place), "expected text in UTF-8, found other bytes")
    }
    return string
  }

  fileprivate var byteCount: Int {
    switch self {
    case .strings(let values): values.reduce(0) { $0 + $1.utf8.count }
    case .integers(let values): values.count * 8
    case .numbers(let values): values.count * 8
    case .other: 0
    }
  }

  private static func tooLarge(at place: String) -> FormatError {
    FormatError(
      .refused, at: .object(place),
      "expected at most \(Listing.attributeByteLimit) bytes of attributes in a file, found more")
  }
}
