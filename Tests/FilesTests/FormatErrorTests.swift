import Files
import Testing

@Suite struct FormatErrorTests {
  @Test func `an error is file, place and reason`() {
    let error = FormatError(file: "a.h5", at: .object("/conv1/kernel:0"), "expected 3, found 4")
    #expect(error.description == "a.h5: /conv1/kernel:0: expected 3, found 4")
    #expect(FormatError(at: .line(2, column: 7), "odd").description == "2:7: odd")
    #expect(FormatError(at: .byte(17), "odd").inFile("x").description == "x: byte 17: odd")
    #expect(FormatError(file: "x", "odd").inFile("y").file == "x")
  }

  @Test func `names from a file cannot break the line or move the cursor`() {
    let error = FormatError(file: "a", at: .object("x\n\u{1b}[2Jy"), "odd")
    #expect(error.description == "a: x\\n\\u{1B}[2Jy: odd")
  }
}
