package import Files
package import TensorCore

extension LibraryReply {
  /// Writes an answer.
  package struct Writer {
    private var buffer: [UInt8] = []
    private let send: (UnsafeRawBufferPointer) -> Void

    /// A writer whose pieces go to `send`.
    package init(
      version: String, missing: String, to send: @escaping (UnsafeRawBufferPointer) -> Void
    ) {
      self.send = send
      buffer = signature
      put(version)
      put(missing)
    }

    /// The whole answer: that the file is not read.
    package mutating func refuse(_ error: FormatError) {
      put(Outcome.refused.rawValue)
      put(error)
      flush()
    }

    /// The whole answer: everything that is in the file.
    ///
    /// - Parameter elements: of a dataset that tells them, as they are in memory.
    package mutating func list(
      _ root: HDF5File.Group, elements: (HDF5File.Dataset) throws(FormatError) -> Bytes
    ) {
      put(Outcome.listed.rawValue)
      put(root)
      for dataset in root.datasets {
        guard let byteCount = dataset.toldByteCount else { continue }
        do {
          let bytes = try elements(dataset)
          precondition(bytes.count == byteCount, "as many bytes as were declared")
          put(ElementsOutcome.read.rawValue)
          flush()
          bytes.withUnsafeBytes(send)
        } catch {
          let isForSafety = error.kind == .refused || error.kind == .unsupported
          put((isForSafety ? ElementsOutcome.refusedForSafety : .refused).rawValue)
          put(error.reason)
        }
      }
      put(Outcome.end.rawValue)
      flush()
    }

    private mutating func flush() {
      buffer.withUnsafeBytes(send)
      buffer = []
    }

    private mutating func put(_ value: UInt8) {
      buffer.append(value)
      if buffer.count >= 1 << 16 { flush() }
    }

    private mutating func put(_ value: Int) {
      for index in 0..<8 { put(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    private mutating func put(_ text: String) {
      put(text.utf8.count)
      for byte in text.utf8 { put(byte) }
    }

    private mutating func put(_ error: FormatError) {
      put(error.kind == .refused || error.kind == .unsupported ? 1 : 0 as UInt8)
      put(error.location?.description ?? "")
      put(error.reason)
    }

    private mutating func put(_ group: HDF5File.Group) {
      put(group.attributes)
      put(group.members.count)
      for (name, object) in group.members {
        put(name)
        switch object {
        case .group(let group):
          put(Member.group.rawValue)
          put(group)
        case .dataset(let dataset):
          put(Member.dataset.rawValue)
          put(dataset)
        case .namedType: put(Member.namedType.rawValue)
        case .link(.soft): put(Member.softLink.rawValue)
        case .link(.external): put(Member.externalLink.rawValue)
        case .link(.userDefined): put(Member.userDefinedLink.rawValue)
        }
      }
    }

    private mutating func put(_ attributes: [String: HDF5File.Attribute]) {
      put(attributes.count)
      for (name, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
        put(name)
        switch attribute {
        case .strings(let values):
          put(AttributeKind.strings.rawValue)
          put(values.count)
          for value in values { put(value) }
        case .integers(let values):
          put(AttributeKind.integers.rawValue)
          put(values.count)
          for value in values { put(value) }
        case .numbers(let values):
          put(AttributeKind.numbers.rawValue)
          put(values.count)
          for value in values { put(Int(bitPattern: UInt(value.bitPattern))) }
        case .other(let name):
          put(AttributeKind.other.rawValue)
          put(name)
        }
      }
    }

    private mutating func put(_ dataset: HDF5File.Dataset) {
      put(UInt8(dataset.shape.rank))
      for extent in dataset.shape.dimensions { put(extent) }
      put(dataset.headerOffset)
      switch dataset.elements {
      case .numbers(let type, let isBigEndian):
        put((isBigEndian ? ElementKind.bigEndianNumbers : .numbers).rawValue)
        put(UInt8(elementTypes.firstIndex(of: type)!))  // all types are there
      case .opaque(let byteCount):
        put(ElementKind.opaque.rawValue)
        put(byteCount)
      case .other(let name):
        put(ElementKind.other.rawValue)
        put(name)
      }
      put(dataset.storage)
      put(dataset.attributes)
    }

    private mutating func put(_ storage: HDF5File.Storage) {
      switch storage {
      case .contiguous(nil): put(StorageKind.unwritten.rawValue)
      case .contiguous(let offset?):
        put(StorageKind.run.rawValue)
        put(offset)
      case .compact: put(StorageKind.compact.rawValue)
      case .chunked(let shape, let filters):
        put(StorageKind.chunked.rawValue)
        put(UInt8(shape.count))
        for extent in shape { put(extent) }
        put(UInt8(clamping: filters.count))
        for filter in filters.prefix(255) { put(filter) }
      case .external: put(StorageKind.external.rawValue)
      case .virtual: put(StorageKind.virtual.rawValue)
      case .other(let name):
        put(StorageKind.other.rawValue)
        put(name)
      }
    }

    private mutating func put(_ filter: HDF5File.Filter) {
      switch filter {
      case .shuffle(let width):
        put(FilterKind.shuffle.rawValue)
        put(width)
      case .deflate: put(FilterKind.deflate.rawValue)
      case .fletcher32: put(FilterKind.fletcher32.rawValue)
      case .lzf: put(FilterKind.lzf.rawValue)
      case .other(let name):
        put(FilterKind.other.rawValue)
        put(name)
      }
    }
  }
}
