public import Files
public import TensorCore

/// What an HDF5 file holds, as plain values.
///
/// The library of the HDF Group is asked once, when the value is made, over the bytes of the opened
/// file: it opens no path, follows no link, runs no filter and loads no plugin. The elements of
/// contiguous datasets are used from the mapped file, where the library is not needed either.
public struct HDF5File: Sendable {
  /// The file.
  public let file: InputFile
  /// The group that holds everything else.
  public let root: Group

  /// Lists all that is in a file.
  ///
  /// - Parameter readsAttributes: whether the attributes of groups and datasets are read as well;
  ///   not every format has any.
  /// - Throws: `FormatError` with the path of the object that is damaged or lies, or with a limit
  ///   that the file exceeds.
  public init(_ file: InputFile, readsAttributes: Bool = false) throws(FormatError) {
    self.file = file
    root = try Library.ask(file) { opened throws(FormatError) in
      var listing = Listing(opened, readsAttributes: readsAttributes)
      return try listing.root()
    }
  }

  /// The names and kinds of what is directly in the root of a file.
  ///
  /// Enough to tell what kind of file it is, without a look at the rest.
  /// - Throws: `FormatError` for a file that is damaged or is none of HDF5.
  public static func kinds(inRootOf file: InputFile) throws(FormatError) -> [String: Kind] {
    try Library.ask(file) { opened throws(FormatError) in
      let listing = Listing(opened, readsAttributes: false)
      return try listing.rootKinds()
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

    init(
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
    public let path: String
    /// Its extents; empty for one element.
    public let shape: Shape
    /// What each element is.
    public internal(set) var elements: Elements
    /// How the elements are stored.
    public let storage: Storage
    /// What is attached to it; empty where attributes were not asked for.
    public internal(set) var attributes: [String: Attribute] = [:]
    /// Where the description of the dataset begins in the file.
    public let headerOffset: Int
    /// The same for the library, which does not count a user block.
    let address: UInt64
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
