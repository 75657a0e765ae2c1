internal import Files
internal import ModelGraph
internal import Protobuf
internal import TensorCore

/// Makes constants of the tensors of a file; numbers that can be weights stay where they lie.
struct TensorReader {
  let file: InputFile
  /// The files of external data that were opened, by the names the model has for them.
  let externals: [String: InputFile]

  /// - Throws: `FormatError` for elements that do not fit shape and type.
  func constant(_ tensor: ONNXTensor) throws(FormatError) -> Constant {
    guard let shape = Shape(checking: tensor.dimensions) else {
      throw fault(tensor, "expected extents that can be multiplied, found \(tensor.dimensions)")
    }
    guard let type = ONNXType.elementType(tensor.dataType) else {
      return try other(tensor, shape)
    }
    let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else { throw fault(tensor, "\(shape) elements are too many to count") }
    let (bytes, home) = try elements(of: tensor, type, byteCount: byteCount)
    guard let numbers = Tensor(shape: shape, elementType: type, bytes: bytes) else {
      throw fault(
        tensor, "expected \(byteCount) bytes for \(shape) of \(type), found \(bytes.count)")
    }
    var source: StoredTensor?
    if !tensor.name.isEmpty {
      source = StoredTensor(
        file: (home ?? file).name, object: tensor.name,
        byteOffset: home == nil ? nil : bytes.offset, elementType: type, shape: shape)
    }
    return Constant(.numbers(numbers), shape, source: source)
  }

  /// The bytes of the elements, and the file where they lie in one piece; nil where they do not.
  private func elements(
    of tensor: ONNXTensor, _ type: ElementType, byteCount: Int
  ) throws(FormatError) -> (Bytes, InputFile?) {
    switch tensor.elements {
    case .raw(let range):
      return (file.bytes.slice(from: range.lowerBound, count: range.count)!, file)  // walked
    case .external(let entries):
      let (bytes, home) = try external(tensor, entries, byteCount)
      return (bytes, home)
    case .typed(let field, let runs):
      if byteCount == 0, runs.isEmpty { return (Bytes([]), nil) }
      let expected: String
      switch type {
      case .float32: expected = "float_data"
      case .float64: expected = "double_data"
      case .float16, .bfloat16: expected = "int32_data"
      }
      guard field == expected else {
        let found = field.isEmpty ? "none" : field
        throw fault(tensor, "expected the elements in \(expected) or raw_data, found \(found)")
      }
      if type.byteCount > 2, runs.count == 1, case .bytes(let range) = runs[0] {
        return (file.bytes.slice(from: range.lowerBound, count: range.count)!, file)  // walked
      }
      return (try copied(runs, type, byteCount, tensor), nil)
    }
  }

  /// Runs put together; half precision is one integer for each element.
  private func copied(
    _ runs: [ONNXTensor.WireRun], _ type: ElementType, _ byteCount: Int, _ tensor: ONNXTensor
  ) throws(FormatError) -> Bytes {
    var output: [UInt8] = []
    let isHalf = type.byteCount == 2
    if isHalf {
      for value in try integers(runs, limit: byteCount / 2, tensor) {
        output.append(UInt8(truncatingIfNeeded: value))
        output.append(UInt8(truncatingIfNeeded: value >> 8))
      }
      return Bytes(output)
    }
    for case .bytes(let range) in runs {
      guard output.count + range.count <= byteCount else {
        throw fault(tensor, "expected \(byteCount) bytes of elements, found more")
      }
      output += file.bytes.withSpan { $0.bytes(range) }
    }
    return Bytes(output)
  }

  /// Elements that are integers on the wire.
  private func integers(
    _ runs: [ONNXTensor.WireRun], limit: Int, _ tensor: ONNXTensor
  ) throws(FormatError) -> [Int] {
    var list: [Int] = []
    for run in runs {
      switch run {
      case .varint(let value): list.append(Int(truncatingIfNeeded: value))
      case .bytes(let range):
        try file.bytes.withSpan { (span) throws(FormatError) in
          var reader = WireReader(range)
          while reader.position < reader.end, list.count <= limit {
            list.append(Int(truncatingIfNeeded: try reader.varint(in: span)))
          }
        }
      }
      guard list.count <= limit else {
        throw fault(tensor, "expected \(limit) elements, found more")
      }
    }
    return list
  }

  /// Integers and truths; elements of any other type stay unread.
  private func other(_ tensor: ONNXTensor, _ shape: Shape) throws(FormatError) -> Constant {
    let name = ONNXType.name(tensor.dataType)
    let size: Int
    switch tensor.dataType {
    case ONNXType.int64: size = 8
    case ONNXType.int32: size = 4
    case ONNXType.bool: size = 1
    default: return Constant(.other(name), shape)
    }
    var list: [Int]
    switch tensor.elements {
    case .raw(let range):
      list = try raw(range, size, shape.elementCount, tensor)
    case .typed(_, let runs): list = try integers(runs, limit: shape.elementCount, tensor)
    case .external(let entries):
      let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: size)
      guard !overflow else { throw fault(tensor, "\(shape) elements are too many to count") }
      let (bytes, _) = try external(tensor, entries, count)
      list = Self.integers(bytes, size)
    }
    guard list.count == shape.elementCount else {
      throw fault(
        tensor, "expected \(shape.elementCount) elements for \(shape), found \(list.count)")
    }
    return Constant(.integers(list), shape)
  }

  private func raw(
    _ range: Range<Int>, _ size: Int, _ count: Int, _ tensor: ONNXTensor
  ) throws(FormatError) -> [Int] {
    guard range.count % size == 0, range.count / size == count else {
      throw fault(tensor, "expected \(count) elements of \(size) bytes, found \(range.count) bytes")
    }
    return Self.integers(file.bytes.slice(from: range.lowerBound, count: range.count)!, size)
  }

  private static func integers(_ bytes: Bytes, _ size: Int) -> [Int] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / size).map { index in
        // Inside the bytes, of which there are `size` for each index.
        switch size {
        case 8:
          Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)))
        case 4:
          Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
        default: Int(bytes[index])
        }
      }
    }
  }

  /// Elements in another file: `location`, and where in it.
  private func external(
    _ tensor: ONNXTensor, _ entries: [String: String], _ byteCount: Int
  ) throws(FormatError) -> (Bytes, InputFile) {
    guard let location = entries["location"] else {
      throw fault(tensor, "expected the location of its external data, found none")
    }
    guard let home = externals[location] else {
      throw fault(tensor, "expected the file \(location.printable()) beside the model, found none")
    }
    func number(_ key: String, _ missing: Int) throws(FormatError) -> Int {
      guard let text = entries[key] else { return missing }
      guard let number = Int(text), number >= 0 else {
        throw fault(tensor, "expected a number of bytes for \(key), found \(text.printable())")
      }
      return number
    }
    let offset = try number("offset", 0)
    let length = try number("length", byteCount)
    guard length == byteCount else {
      throw fault(
        tensor, "expected \(byteCount) bytes of external data, found a length of \(length)")
    }
    guard let bytes = home.bytes.slice(from: offset, count: length) else {
      throw fault(
        tensor,
        "expected \(length) bytes from byte \(offset) of \(location.printable()) on, "
          + "found \(home.bytes.count) bytes in all")
    }
    return (bytes, home)
  }

  private func fault(_ tensor: ONNXTensor, _ reason: String) -> FormatError {
    FormatError(
      at: tensor.name.isEmpty ? .byte(tensor.byteOffset) : .object(tensor.name), reason)
  }
}
