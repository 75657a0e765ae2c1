internal import Files
internal import Protobuf
internal import TensorCore

// Attributes and tensors.
extension ONNXDecoder {
  mutating func attribute(
    _ wire: WireReader, _ span: RawSpan
  ) throws(FormatError) -> ONNXAttribute {
    var name = ""
    var type: UInt64?
    var reference: String?
    var (f, i, s): (Float?, Int?, String?) = (nil, nil, nil)
    var t: ONNXTensor?
    var (floats, ints, strings): ([Float], [Int], [String]) = ([], [], [])
    var other: String?
    var reader = FieldReader(wire, attribute)
    while let (field, wire) = try reader.next(in: span) {
      switch (field, wire.value) {
      case ("name", .lengthPrefixed(let range)): name = try text(range, span)
      case ("type", .varint(let value)): type = value
      case ("ref_attr_name", .lengthPrefixed(let range)): reference = try text(range, span)
      case ("f", .fixed32(let range)): f = float(range, span)
      case ("i", .varint(let value)): i = Int(truncatingIfNeeded: value)
      case ("s", .lengthPrefixed(let range)): s = try text(range, span)
      case ("t", .lengthPrefixed(let range)):
        t = try tensor(try reader.wire.message(in: range), span, wire)
      case ("floats", .fixed32(let range)): floats.append(float(range, span))
      case ("floats", .lengthPrefixed(let range)):
        guard range.count % 4 == 0 else { throw odd(range, 4) }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
          floats.append(float(start..<start + 4, span))
        }
      case ("ints", .varint(let value)): ints.append(Int(truncatingIfNeeded: value))
      case ("ints", .lengthPrefixed(let range)): ints += try varints(range, span)
      case ("strings", .lengthPrefixed(let range)): strings.append(try text(range, span))
      case ("doc_string", _): break
      default: other = field
      }
      try limit(ints.count + floats.count + strings.count, wire)
    }
    note(reader)
    let value: ONNXAttribute.Value
    if let reference, !reference.isEmpty {
      value = .reference(reference)
    } else {
      switch type ?? 0 {
      case 0:
        // Files before IR 2 say nothing: what is there is what is meant.
        if let other {
          value = .other(other)
        } else if let t {
          value = .tensor(t)
        } else if let f {
          value = .float(f)
        } else if let s {
          value = .string(s)
        } else if !floats.isEmpty {
          value = .floats(floats)
        } else if !strings.isEmpty {
          value = .strings(strings)
        } else if let i {
          value = .int(i)
        } else {
          value = .ints(ints)
        }
      case 1: value = .float(f ?? 0)
      case 2: value = .int(i ?? 0)
      case 3: value = .string(s ?? "")
      case 4: value = t.map { .tensor($0) } ?? .other("t")
      case 6: value = .floats(floats)
      case 7: value = .ints(ints)
      case 8: value = .strings(strings)
      default: value = .other(other ?? "g")
      }
    }
    return ONNXAttribute(name: name, value: value)
  }

  mutating func tensor(
    _ wire: WireReader, _ span: RawSpan, _ place: WireField
  ) throws(FormatError) -> ONNXTensor {
    var result = ONNXTensor()
    result.byteOffset = place.offset
    var raw: Range<Int>?
    var runs: [String: [ONNXTensor.WireRun]] = [:]
    var external: [String: String] = [:]
    var isExternal = false
    var reader = FieldReader(wire, tensor)
    while let (name, field) = try reader.next(in: span) {
      switch (name, field.value) {
      case ("name", .lengthPrefixed(let range)): result.name = try text(range, span)
      case ("dims", .varint(let value)): result.dimensions.append(Int(truncatingIfNeeded: value))
      case ("dims", .lengthPrefixed(let range)): result.dimensions += try varints(range, span)
      case ("data_type", .varint(let value)): result.dataType = Int(truncatingIfNeeded: value)
      case ("raw_data", .lengthPrefixed(let range)): raw = range
      case ("data_location", .varint(let value)): isExternal = value == 1
      case ("external_data", .lengthPrefixed(let range)):
        let (key, value) = try pair(try reader.wire.message(in: range), span)
        external[key] = value
      case ("segment", _):
        throw FormatError(
          at: .byte(field.offset), "expected a whole tensor, found a segment of one")
      case ("float_data", .fixed32(let range)), ("double_data", .fixed64(let range)),
        ("float_data", .lengthPrefixed(let range)), ("double_data", .lengthPrefixed(let range)),
        ("int32_data", .lengthPrefixed(let range)), ("int64_data", .lengthPrefixed(let range)),
        ("uint64_data", .lengthPrefixed(let range)), ("string_data", .lengthPrefixed(let range)):
        if !range.isEmpty { runs[name, default: []].append(.bytes(range)) }
      case ("int32_data", .varint(let value)), ("int64_data", .varint(let value)),
        ("uint64_data", .varint(let value)):
        runs[name, default: []].append(.varint(value))
      default: break
      }
      guard result.dimensions.count <= 64 else {
        throw FormatError(
          at: .byte(field.offset), "expected a tensor of at most 64 axes, found more")
      }
    }
    note(reader)
    guard runs.count + (raw == nil ? 0 : 1) <= 1 else {
      throw FormatError(
        at: .byte(place.offset),
        "expected the elements once, found them in "
          + (runs.keys.sorted() + (raw == nil ? [] : ["raw_data"])).joined(separator: " and "))
    }
    if isExternal {
      result.elements = .external(external)
    } else if let raw {
      result.elements = .raw(raw)
    } else if let (field, list) = runs.first {
      result.elements = .typed(field: field, list)
    }
    return result
  }
}

// Elements of messages.
extension ONNXDecoder {
  mutating func note(_ reader: FieldReader) { unknown.formUnion(reader.unknown) }

  func limit(_ count: Int, _ field: WireField) throws(FormatError) {
    guard count <= Self.listLimit else {
      throw FormatError(
        at: .byte(field.offset), "expected at most \(Self.listLimit) elements of a list, found more"
      )
    }
  }

  func text(_ range: Range<Int>, _ span: RawSpan) throws(FormatError) -> String {
    guard let text = String(validating: span.bytes(range), as: UTF8.self) else {
      throw FormatError(at: .byte(range.lowerBound), "expected a text in UTF-8")
    }
    return text
  }

  func float(_ range: Range<Int>, _ span: RawSpan) -> Float {
    // The walk stayed inside the bytes; the access is checked all the same.
    let bits = span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self)
    return Float(bitPattern: UInt32(littleEndian: bits))
  }

  func varints(_ range: Range<Int>, _ span: RawSpan) throws(FormatError) -> [Int] {
    var list: [Int] = []
    var reader = WireReader(range)
    while reader.position < reader.end {
      guard list.count < Self.listLimit else {
        throw FormatError(
          at: .byte(range.lowerBound), "expected at most \(Self.listLimit) integers, found more")
      }
      list.append(Int(truncatingIfNeeded: try reader.varint(in: span)))
    }
    return list
  }

  func odd(_ range: Range<Int>, _ size: Int) -> FormatError {
    FormatError(
      at: .byte(range.lowerBound),
      "expected elements of \(size) bytes, found \(range.count) bytes")
  }
}
