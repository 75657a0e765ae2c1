internal import Files

extension JSON {
  /// The value as JSON text in one line; the same bytes for the same value everywhere.
  public func text() -> String { String(decoding: utf8(), as: UTF8.self) }

  /// The value as JSON text over several lines, indented by two spaces, with a newline at the end.
  ///
  /// An array without arrays and objects inside stays on one line. Characters that act on the text
  /// around them are escaped: people read it on a terminal.
  public func prettyText() -> String {
    var writer = JSONWriter(isPretty: true)
    writer.write(self, indentation: 0)
    return String(decoding: writer.output, as: UTF8.self) + "\n"
  }

  /// The value as JSON text in one line.
  public func utf8() -> [UInt8] {
    var writer = JSONWriter(isPretty: false)
    writer.write(self, indentation: 0)
    return writer.output
  }
}

private struct JSONWriter {
  let isPretty: Bool
  var output: [UInt8] = []

  init(isPretty: Bool) { self.isPretty = isPretty }

  mutating func write(_ value: JSON, indentation: Int) {
    switch value {
    case .null: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .integer(let value): write("\(value)")
    case .double(let value):
      precondition(value.isFinite, "JSON(number:) takes \(value)")
      write("\(value)")  // the shortest digits that give the same Double back
    case .string(let value): writeQuoted(value)
    case .array(let values):
      let isNested = values.contains(where: \.isNested)
      writeList("[", "]", values, indentation, breaks: isNested) { writer, value, indentation in
        writer.write(value, indentation: indentation)
      }
    case .object(let members):
      writeList("{", "}", members, indentation, breaks: true) { writer, member, indentation in
        writer.writeQuoted(member.name)
        writer.write(writer.isPretty ? ": " : ":")
        writer.write(member.value, indentation: indentation)
      }
    }
  }

  private mutating func writeList<Element>(
    _ open: String, _ close: String, _ elements: [Element], _ indentation: Int, breaks: Bool,
    _ writeElement: (inout JSONWriter, Element, Int) -> Void
  ) {
    let breaksLines = isPretty && breaks && !elements.isEmpty
    write(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { write(isPretty && !breaksLines ? ", " : ",") }
      if breaksLines { breakLine(indentation + 2) }
      writeElement(&self, element, indentation + 2)
    }
    if breaksLines { breakLine(indentation) }
    write(close)
  }

  private mutating func breakLine(_ indentation: Int) {
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
  }

  private mutating func write(_ text: String) { output.append(contentsOf: text.utf8) }

  private mutating func writeQuoted(_ text: String) {
    output.append(UInt8(ascii: "\""))
    if !isPretty || text.utf8.allSatisfy({ $0 < 0x80 }) {
      writeContent(text)
    } else {
      for scalar in text.unicodeScalars {
        if scalar.isDeceptive && !scalar.isASCII {
          for unit in String(scalar).utf16 { writeEscaped(unit) }
        } else {
          writeContent(String(scalar))
        }
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func writeContent(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x0a: write("\\n")
      case 0x09: write("\\t")
      // DEL too: a listing of the text must not move the cursor.
      case 0..<0x20, 0x7f: writeEscaped(UInt16(byte))
      default: output.append(byte)
      }
    }
  }

  private mutating func writeEscaped(_ unit: UInt16) {
    let hex = Array("0123456789abcdef".utf8)
    write("\\u")
    for shift in [12, 8, 4, 0] { output.append(hex[Int(unit >> shift & 15)]) }
  }
}

extension JSON {
  fileprivate var isNested: Bool {
    switch self {
    case .array, .object: true
    case .null, .bool, .integer, .double, .string: false
    }
  }
}
