public import ResNetKit

extension JSON {
  /// An object of members in order; a nil value is left out.
  public static func members(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { name, value in value.map { Member(name, $0) } })
  }

  /// A count.
  public static func count(_ value: Int) -> JSON { .integer(value) }
}
