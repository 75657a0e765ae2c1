public import TensorCore

/// What an HDF5 file is to hold: groups within groups, datasets, and what is attached to them.
public struct HDF5Draft: Sendable {
  /// The group that holds everything else.
  public var root: Group

  /// A draft.
  public init(root: Group) { self.root = root }

  /// Objects with names.
  public struct Group: Sendable {
    /// What it holds; no name comes twice or has a slash.
    public var members: [(name: String, object: Object)]
    /// What is attached to it; no name comes twice.
    public var attributes: [(name: String, value: Attribute)]

    /// A group.
    public init(
      members: [(name: String, object: Object)] = [],
      attributes: [(name: String, value: Attribute)] = []
    ) {
      self.members = members
      self.attributes = attributes
    }
  }

  /// What a group has under a name.
  public enum Object: Sendable {
    case group(Group)
    /// An array of numbers; it goes to the file from where it lies.
    case dataset(Tensor)
  }

  /// What is attached to a group under a name.
  public enum Attribute: Sendable {
    /// A text within the description of the group: at most `Attribute.largestByteCount` bytes.
    case string(String)
    /// Texts there, each filled up with NULs to the size of the longest; together as many bytes.
    case strings([String])
    /// A text of any length, kept elsewhere in the file.
    case text(String)
  }
}

extension HDF5Draft.Attribute {
  /// As much as Keras keeps in one attribute; HDF5 itself has room for 65535 bytes with the name.
  public static let largestByteCount = 64512

  /// The bytes that texts take in one attribute.
  public static func byteCount(of strings: [String]) -> Int {
    strings.count * width(of: strings)
  }

  /// The bytes of each of some texts: HDF5 has no strings of zero.
  static func width(of strings: [String]) -> Int { max(strings.map(\.utf8.count).max() ?? 0, 1) }
}
