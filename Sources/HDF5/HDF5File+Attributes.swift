public import Files

extension HDF5File {
  /// What is attached to a group or a dataset under a name: one value, or an array of them in the
  /// order of its elements.
  public enum Attribute: Sendable, Equatable {
    /// Texts, of fixed or variable length, without the NULs or spaces that fill them up.
    case strings([String])
    /// Whole numbers.
    case integers([Int])
    /// IEEE 754 numbers.
    case numbers([Double])
    /// Any other type, in words.
    case other(String)

    /// What it is, for messages.
    public var description: String {
      switch self {
      case .strings(let values): values.count == 1 ? "a string" : "\(values.count) strings"
      case .integers(let values): values.count == 1 ? "an integer" : "\(values.count) integers"
      case .numbers(let values): values.count == 1 ? "a number" : "\(values.count) numbers"
      case .other(let name): name
      }
    }
  }

  /// The names of what is attached to the root of a file.
  ///
  /// Enough to tell who wrote the file, without a look at the rest.
  /// - Throws: `FormatError` for a file that is damaged or is none of HDF5.
  public static func attributeNames(inRootOf file: InputFile) throws(FormatError) -> Set<String> {
    if let reading = file.outsideReading as? LibraryReading {
      return Set(reading.root.attributes.keys)
    }
    do {
      return try Listing.of(file) { listing throws(Fault) in try listing.rootAttributeNames() }
    } catch {
      throw error.error
    }
  }
}
