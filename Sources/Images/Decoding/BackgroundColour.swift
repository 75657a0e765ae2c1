/// What is seen through an image where it is transparent.
public struct BackgroundColour: Sendable, Equatable {
  /// Its parts, 0 to 255.
  public var red, green, blue: UInt8
  /// What people call it.
  public var name: String

  private static let named: [(String, UInt8)] = [("white", 255), ("black", 0), ("grey", 128)]

  /// White.
  public static let white = BackgroundColour(named: "white")!

  /// A colour by its name, `white`, `black` or `grey`, or as `#rrggbb`; nil for others.
  public init?(named name: String) {
    self.name = name
    if let (_, level) = Self.named.first(where: { $0.0 == name }) {
      (red, green, blue) = (level, level, level)
      return
    }
    guard name.utf8.count == 7, name.hasPrefix("#"), let value = UInt32(name.dropFirst(), radix: 16)
    else { return nil }
    red = UInt8(value >> 16)
    green = UInt8(value >> 8 & 255)
    blue = UInt8(value & 255)
  }
}
