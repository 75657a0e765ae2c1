import Testing

@testable import Files

/// Names that Unicode calls equal.
@Suite struct LookalikeTests {
  @Test(arguments: [
    (["caf\u{e9}", "cafe\u{301}"], "\"caf\\u{00E9}\" and \"cafe\\u{0301}\""),
    (["K", "\u{212a}"], "\"K\" and \"\\u{212A}\""),
    (["\u{1e9b}\u{323}", "x", "\u{17f}\u{323}\u{307}"], "\"\\u{1E9B}\\u{0323}\" and"),
  ])
  func `are refused if their bytes differ`(_ names: [String], _ found: String) {
    let error = #expect(throws: FormatError.self) {
      try FormatError.refuseLookalikes(among: names)
    }
    #expect(error?.reason.contains(found) == true, "\(error?.reason ?? "")")
  }

  @Test(arguments: [
    ["a", "a", "b"], ["caf\u{e9}", "caf\u{e9}"], ["\u{212b}ngstrom", "angstrom"], [],
  ])
  func `are let pass otherwise`(_ names: [String]) throws {
    try FormatError.refuseLookalikes(among: names)
  }
}
