internal import ChildProcesses
internal import Files
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension LibraryReply {
  /// Checks and takes an answer: it comes from a process that the file may have taken over.
  ///
  /// Every length is bounded before anything is allocated for it: by what is declared, by what a
  /// file of this size can hold, and by the limits of this toolkit's own reader.
  struct Reader {
    /// Those of `HDF5.Listing`.
    private static let (depthLimit, objectLimit) = (32, 200_000)
    private static let reasonLimit = 4096
    /// Of all names, texts, paths and values together: 64 MiB of attributes, and as much for all
    /// else.
    private var rest = 128 << 20
    private var objectCount = 0
    private var declaredByteCount = 0
    private let reply: Reply
    private let fileByteCount: Int

    init(_ reply: Reply, fileByteCount: Int) {
      self.reply = reply
      self.fileByteCount = fileByteCount
    }

    struct Answer {
      var root: HDF5File.Group
      var version: String
      /// What the process could not be restricted by.
      var missing: String
    }

    /// The whole answer.
    ///
    /// - Throws: `FormatError` with what the library says of the file, or what is wrong with the
    ///   answer.
    mutating func answer() throws(FormatError) -> Answer {
      for expected in signature where try reply.byte() != expected {
        throw reply.broken("another signature")
      }
      let (version, missing) = (try text(atMost: 64), try text(atMost: 64))
      switch try choice(Outcome.self) {
      case .refused:
        let isForSafety = try reply.byte() != 0
        let path = try text(atMost: Self.reasonLimit)
        throw FormatError(
          isForSafety ? .refused : .badModel, at: path.isEmpty ? nil : .object(path),
          try text(atMost: Self.reasonLimit))
      case .listed: break
      case .end: throw reply.broken("an end without a begin")
      }
      var root = try group(at: "/", depth: 0)
      var contents: [HDF5File.Dataset.Pieces] = []
      for dataset in root.datasets { contents.append(try pieces(of: dataset)) }
      guard try choice(Outcome.self) == .end else { throw reply.broken("no end") }
      var next = 0
      root = root.mappingDatasets { dataset in
        var dataset = dataset
        dataset.pieces = contents[next]
        next += 1
        return dataset
      }
      return Answer(root: root, version: version, missing: missing)
    }

    private mutating func choice<Choice: RawRepresentable>(
      _ type: Choice.Type
    ) throws(FormatError) -> Choice where Choice.RawValue == UInt8 {
      let byte = try reply.byte()
      guard let choice = Choice(rawValue: byte) else {
        throw reply.broken("\(byte) for \(type)")
      }
      return choice
    }

    private mutating func text(atMost limit: Int) throws(FormatError) -> String {
      let count = try reply.count(atMost: min(limit, rest), "bytes of text")
      rest -= count
      var bytes = [UInt8](repeating: 0, count: count)
      try fill(&bytes)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw reply.broken("text that is not UTF-8")
      }
      return text
    }

    private func fill(_ bytes: inout [UInt8]) throws(FormatError) {
      let result = bytes.withUnsafeMutableBytes { buffer in
        Result { () throws(FormatError) in try reply.fill(buffer) }
      }
      try result.get()
    }

    /// Objects with names, of which none comes twice.
    private mutating func group(at path: String, depth: Int) throws(FormatError) -> HDF5File.Group {
      guard depth <= Self.depthLimit else { throw reply.broken("groups too deep in each other") }
      let attributes = try attributes()
      let count = try reply.count(atMost: Self.objectLimit - objectCount, "objects")
      objectCount += count
      var members: [(name: String, object: HDF5File.Object)] = []
      var places: [String: Int] = [:]
      for index in 0..<count {
        let name = try text(atMost: 1 << 16)
        guard !name.isEmpty, name != ".", !name.utf8.contains(where: { [0, 0x2f].contains($0) }),
          places.updateValue(index, forKey: name) == nil
        else { throw reply.broken("a name that no object has, or that came before") }
        let memberPath = path == "/" ? "/\(name)" : "\(path)/\(name)"
        guard memberPath.utf8.count <= rest else { throw reply.broken("paths that are too long") }
        rest -= memberPath.utf8.count
        members.append((name, try member(at: memberPath, depth: depth)))
      }
      return HDF5File.Group(path: path, members: members, places: places, attributes: attributes)
    }

    private mutating func member(
      at path: String, depth: Int
    ) throws(FormatError) -> HDF5File.Object {
      switch try choice(Member.self) {
      case .group: .group(try group(at: path, depth: depth + 1))
      case .dataset: .dataset(try dataset(at: path))
      case .namedType: .namedType
      case .softLink: .link(.soft)
      case .externalLink: .link(.external)
      case .userDefinedLink: .link(.userDefined)
      }
    }

    private mutating func attributes() throws(FormatError) -> [String: HDF5File.Attribute] {
      var attributes: [String: HDF5File.Attribute] = [:]
      for _ in 0..<(try counted(each: 16, "attributes")) {
        let name = try text(atMost: 1 << 16)
        let value: HDF5File.Attribute
        switch try choice(AttributeKind.self) {
        case .strings:
          var values: [String] = []
          for _ in 0..<(try counted(each: 16, "texts")) { values.append(try text(atMost: rest)) }
          value = .strings(values)
        case .integers: value = .integers(try words().map { Int(truncatingIfNeeded: $0) })
        case .numbers: value = .numbers(try words().map { Double(bitPattern: $0) })
        case .other: value = .other(try text(atMost: Self.reasonLimit))
        }
        guard attributes.updateValue(value, forKey: name) == nil else {
          throw reply.broken("two attributes of one name")
        }
      }
      return attributes
    }

    /// A number of values that take so many bytes each here.
    private mutating func counted(each width: Int, _ what: String) throws(FormatError) -> Int {
      let count = try reply.count(atMost: rest / width, what)
      rest -= count * width
      return count
    }

    private mutating func words() throws(FormatError) -> [UInt64] {
      var bytes = [UInt8](repeating: 0, count: 8 * (try counted(each: 8, "values")))
      try fill(&bytes)
      return stride(from: 0, to: bytes.count, by: 8).map { start in
        bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      }
    }

    private mutating func extents() throws(FormatError) -> [Int] {
      var extents: [Int] = []
      for _ in 0..<(try reply.byte()) {
        extents.append(try reply.count(atMost: Int.max, "elements"))
      }
      return extents
    }

    private mutating func dataset(at path: String) throws(FormatError) -> HDF5File.Dataset {
      guard let shape = Shape(checking: try extents()) else {
        throw reply.broken("extents that cannot be multiplied")
      }
      let headerOffset = try reply.count(atMost: fileByteCount, "bytes before a header")
      var dataset = HDF5File.Dataset(
        path: path, shape: shape, elements: try elements(), storage: try storage(),
        headerOffset: headerOffset)
      dataset.attributes = try attributes()
      guard let byteCount = dataset.toldByteCount else { return dataset }
      let limit = fileByteCount.multipliedReportingOverflow(by: HDF5File.Filter.largestRatio)
      let sum = declaredByteCount.addingReportingOverflow(byteCount)
      guard !sum.overflow, limit.overflow || sum.partialValue <= limit.partialValue else {
        throw FormatError(
          .refused, at: .object(path),
          "expected datasets that a file of \(fileByteCount) bytes can hold, compressed at best "
            + "\(HDF5File.Filter.largestRatio) to 1, found \(byteCount) bytes here and "
            + "\(declaredByteCount) before")
      }
      declaredByteCount = sum.partialValue
      return dataset
    }

    private mutating func elements() throws(FormatError) -> HDF5File.Elements {
      let kind = try choice(ElementKind.self)
      switch kind {
      case .numbers, .bigEndianNumbers:
        let index = Int(try reply.byte())
        guard elementTypes.indices.contains(index) else { throw reply.broken("an unknown type") }
        return .numbers(elementTypes[index], isBigEndian: kind == .bigEndianNumbers)
      case .opaque: return .opaque(byteCount: try reply.count(atMost: 1 << 32, "bytes"))
      case .other: return .other(try text(atMost: Self.reasonLimit))
      }
    }

    private mutating func storage() throws(FormatError) -> HDF5File.Storage {
      switch try choice(StorageKind.self) {
      case .unwritten: return .contiguous(byteOffset: nil)
      case .run:
        return .contiguous(
          byteOffset: try reply.count(atMost: fileByteCount, "bytes before elements"))
      case .compact: return .compact
      case .chunked:
        let shape = try extents()
        var filters: [HDF5File.Filter] = []
        for _ in 0..<(try reply.byte()) { filters.append(try filter()) }
        return .chunked(shape: shape, filters: filters)
      case .external: return .external
      case .virtual: return .virtual
      case .other: return .other(try text(atMost: Self.reasonLimit))
      }
    }

    private mutating func filter() throws(FormatError) -> HDF5File.Filter {
      switch try choice(FilterKind.self) {
      case .shuffle: .shuffle(elementByteCount: try reply.count(atMost: 1 << 32, "bytes"))
      case .deflate: .deflate
      case .fletcher32: .fletcher32
      case .lzf: .lzf
      case .other: .other(try text(atMost: Self.reasonLimit))
      }
    }

    /// The elements that are told of a dataset.
    private mutating func pieces(
      of dataset: HDF5File.Dataset
    ) throws(FormatError) -> HDF5File.Dataset.Pieces {
      guard let byteCount = dataset.toldByteCount else { return .none }
      switch try choice(ElementsOutcome.self) {
      case .read: break
      case .refused:
        return .refused(dataset.fault(.badModel, try text(atMost: Self.reasonLimit)))
      case .refusedForSafety:
        return .refused(dataset.fault(.refused, try text(atMost: Self.reasonLimit)))
      }
      guard byteCount > 0 else { return .read(Bytes([])) }
      // Untouched until bytes come: a short answer costs nothing.
      guard let memory = calloc(byteCount, 1) else {
        throw dataset.fault(.outOfMemory, "no memory for \(byteCount) bytes")
      }
      // Nobody else has the elements yet.
      let bytes = Bytes(adopting: memory, count: byteCount) {
        free(UnsafeMutableRawPointer(mutating: $0))
      }
      try reply.fill(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
      return .read(bytes)
    }
  }
}
