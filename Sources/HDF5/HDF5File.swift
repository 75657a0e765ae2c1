public import Files
public import TensorCore

/// What an HDF5 file holds, as plain values.
///
/// Read by the HDF5 File Format Specification, version 3.0, of the HDF Group: every byte that a file
/// has is checked before it is believed, no two objects share one, and no link is followed. The
/// elements of contiguous datasets are used from the mapped file.
public struct HDF5File: Sendable {
  /// The file.
  public let file: InputFile
  /// The group that holds everything else.
  public let root: Group
  /// What is to be known about how the file was read, one sentence each.
  public let notes: [String]

  /// Lists all that is in a file; what libhdf5 found in it, if it was asked (`LibraryReading`).
  ///
  /// - Parameter readsAttributes: whether the attributes of groups and datasets are read as well;
  ///   not every format has any.
  /// - Throws: `FormatError` with the path of the object that is damaged or lies, or with a limit
  ///   that the file exceeds.
  public init(_ file: InputFile, readsAttributes: Bool = false) throws(FormatError) {
    self.file = file
    if let reading = file.outsideReading as? LibraryReading {
      root = reading.root
      notes = [reading.note, root.noteOnByteOrders].compactMap(\.self)
      return
    }
    do {
      root = try Listing.of(file, readsAttributes: readsAttributes) { listing throws(Fault) in
        try listing.root()
      }
    } catch {
      throw error.error
    }
    notes = [root.noteOnByteOrders].compactMap(\.self)
  }

  /// The names and kinds of what is directly in the root of a file.
  ///
  /// Enough to tell what kind of file it is, without a look at the rest.
  /// - Throws: `FormatError` for a file that is damaged or is none of HDF5.
  public static func kinds(inRootOf file: InputFile) throws(FormatError) -> [String: Kind] {
    if let reading = file.outsideReading as? LibraryReading {
      return Dictionary(
        uniqueKeysWithValues: reading.root.members.map { ($0.name, $0.object.kind) })
    }
    do {
      return try Listing.of(file) { listing throws(Fault) in try listing.rootKinds() }
    } catch {
      throw error.error
    }
  }

  /// Why a file is not read that may be sound all the same: it has what another reader may know,
  /// but this one does not.
  ///
  /// Datasets that are listed, but not read, have an answer of their own:
  /// `Dataset.unsupportedFeature`.
  /// - Returns: nil for a file that is read, and for one that is damaged or beyond a limit.
  public static func unsupportedFeature(
    of file: InputFile, readsAttributes: Bool = false
  ) -> FormatError? {
    do {
      _ = try Listing.of(file, readsAttributes: readsAttributes) { listing throws(Fault) in
        try listing.root()
      }
      return nil
    } catch {
      return error.isUnsupported ? error.error : nil
    }
  }
}

extension HDF5File {
  /// The kinds of objects.
  public enum Kind: Sendable {
    case group, dataset
    /// A datatype with a name: no data.
    case namedType
    /// A link to a path, in the same file or in another one.
    case link
  }

  /// What a group has under a name.
  public enum Object: Sendable {
    case group(Group)
    case dataset(Dataset)
    /// A datatype with a name: no data.
    case namedType
    /// A link that was not followed.
    case link(Link)

    /// What it is, for messages.
    public var description: String {
      switch self {
      case .group: "a group"
      case .dataset: "a dataset"
      case .namedType: "a datatype"
      case .link(let link): link.rawValue
      }
    }

    /// Which kind it is.
    fileprivate var kind: Kind {
      switch self {
      case .group: .group
      case .dataset: .dataset
      case .namedType: .namedType
      case .link: .link
      }
    }
  }

  /// Links to a path instead of an object. What they lead to is not looked at.
  public enum Link: String, Sendable {
    case soft = "a soft link"
    case external = "a link to another file"
    case userDefined = "a user-defined link"
  }

  /// A group: objects with names.
  public struct Group: Sendable {
    /// The path from the root: `/data/conv1`.
    public let path: String
    /// What it holds, in the order of the file's index; no name comes twice.
    public let members: [(name: String, object: Object)]
    /// What is attached to it; empty where attributes were not asked for.
    public let attributes: [String: Attribute]
    private let places: [String: Int]

    package init(
      path: String, members: [(name: String, object: Object)], places: [String: Int],
      attributes: [String: Attribute]
    ) {
      self.path = path
      self.members = members
      self.places = places
      self.attributes = attributes
    }

    /// The member of a name; nil if there is none.
    public subscript(name: String) -> Object? { places[name].map { members[$0].object } }
  }

  /// An array of elements of one type: what it is and where it is stored.
  public struct Dataset: Sendable {
    /// The path from the root: `/data/conv1/0`.
    public internal(set) var path: String
    /// Its extents; empty for one element.
    public let shape: Shape
    /// What each element is.
    public internal(set) var elements: Elements
    /// How the elements are stored.
    public internal(set) var storage: Storage
    /// What is attached to it; empty where attributes were not asked for.
    public package(set) var attributes: [String: Attribute] = [:]
    /// Where the description of the dataset begins in the file.
    public let headerOffset: Int
    /// Where its elements are, unless they are in one run.
    var pieces = Pieces.none

    /// The parts of the file that elements are in.
    enum Pieces: Sendable {
      case none
      /// Within the description.
      case run(Range<Int>)
      /// In the order of the grid, and not all of them.
      case chunks([StoredChunk])
      /// Read by another reader, least significant byte first.
      case read(Bytes)
      /// Refused by another reader.
      case refused(FormatError)
    }

    package init(
      path: String, shape: Shape, elements: Elements, storage: Storage, headerOffset: Int
    ) {
      self.path = path
      self.shape = shape
      self.elements = elements
      self.storage = storage
      self.headerOffset = headerOffset
    }
  }

  /// The types of elements.
  public enum Elements: Sendable, Equatable {
    /// IEEE 754 numbers, or the upper halves of them.
    case numbers(ElementType, isBigEndian: Bool)
    /// Bytes of which the file says how many belong together, and nothing else.
    case opaque(byteCount: Int)
    /// Any other type, in words.
    case other(String)
  }

  /// The ways to store elements.
  public enum Storage: Sendable, Equatable {
    /// One run of bytes that begins at an offset in the file; nil if none was ever written.
    case contiguous(byteOffset: Int?)
    /// Within the description of the dataset.
    case compact
    /// Pieces of one shape, each through filters in turn when it was written.
    case chunked(shape: [Int], filters: [Filter])
    /// In other files.
    case external
    /// Put together from other datasets.
    case virtual
    /// None of these, in words.
    case other(String)
  }
}
