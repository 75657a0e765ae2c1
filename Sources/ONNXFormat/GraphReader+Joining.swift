internal import Files
internal import ModelGraph
internal import TensorCore

// Values joined, cut, and surrounded.
extension GraphReader {
  mutating func readJoining() throws(FormatError) {
    switch node.op {
    case "Concat": try readConcat()
    case "Split": try readSplit()
    default: try readSlice()
    }
  }

  private mutating func readConcat() throws(FormatError) {
    var values: [Value] = []
    for index in node.inputs.indices { values.append(try value(index)) }
    let place = try attributes.int("axis") ?? 1
    let axis = try axis(place, of: values[0].rank)
    if !values.allSatisfy({ $0.layout == values[0].layout }) {
      for index in values.indices {
        values[index] = try inOrder(values[index], part: "order\(index)")
      }
    }
    var result = try add(
      .concatenation(.init(axis: values[0].canonicalAxis(axis))), to: values)
    result.layout = values[0].layout
    make(.value(result))
  }

  private mutating func readSplit() throws(FormatError) {
    let input = try value()
    let shape = input.onnxShape
    let axis = try axis(try attributes.int("axis") ?? 0, of: shape.rank)
    let extent = shape[axis]
    var sizes = try listed("split")
    let count = try attributes.int("num_outputs") ?? node.outputs.count
    guard count == node.outputs.count, count > 0 else {
      throw node.fault("expected \(count) outputs, found \(node.outputs.count)")
    }
    if sizes == nil {
      // The last one is smaller where the extent is no multiple, since opset 18.
      let size = (extent + count - 1) / count
      sizes = (0..<count).map { min(size, extent - $0 * size) }
    }
    guard let sizes, sizes.count == count, sizes.allSatisfy({ $0 > 0 }),
      sizes.reduce(0, { $0.addingReportingOverflow($1).partialValue }) == extent,
      sizes.allSatisfy({ $0 <= extent })
    else {
      throw node.fault("expected \(count) sizes that add up to \(extent), found \(sizes ?? [])")
    }
    let canonical = input.canonicalAxis(axis)
    var start = 0
    var points: [Int] = []
    for size in sizes.dropLast() { points.append((points.last ?? 0) + size) }
    guard node.outputs.allSatisfy({ isRead($0) }), count > 1 else {
      // A part that nobody reads would be an output of the network.
      for (index, size) in sizes.enumerated() {
        if isRead(node.outputs[index]) {
          let crop = Layer.Crop(axis: canonical, start: start, end: start + size)
          let name = unused(node.outputs[index])
          var part = try add(.crop(crop), to: [input], outputs: [name], named: name)[0]
          part.layout = input.layout
          make(.value(part), output: index)
        }
        start += size
      }
      return
    }
    let names = node.outputs.map { unused($0) }
    let parts = try add(
      .slice(.init(axis: canonical, points: points)), to: [input], outputs: names, named: names[0])
    for (index, part) in parts.enumerated() {
      var part = part
      part.layout = input.layout
      make(.value(part), output: index)
    }
  }

  private mutating func readSlice() throws(FormatError) {
    var value = try value()
    let shape = value.onnxShape
    guard let starts = try listed("starts", input: 1), let ends = try listed("ends", input: 2)
    else {
      throw node.fault("expected starts and ends, found none")
    }
    let given = try listed("axes", input: 3) ?? Array(starts.indices)
    let axes = try axes(given, of: shape.rank)
    let steps = hasInput(4) ? try integers(4, "the steps") : axes.map { _ in 1 }
    guard [starts.count, ends.count, steps.count].allSatisfy({ $0 == axes.count }) else {
      throw node.fault("expected as many starts, ends and steps as axes")
    }
    var strides = Extent(1)
    for (index, axis) in axes.enumerated() {
      guard steps[index] > 0 else {
        throw node.fault("a Slice backwards is not supported: a step of \(steps[index])")
      }
      let extent = shape[axis]
      // As far out as integers go; an end that is clamped stays open.
      let start = min(max(starts[index] < -extent ? 0 : starts[index], -extent), extent)
      let end: Int? = ends[index] >= extent ? nil : max(ends[index], -extent)
      guard start != 0 || end != nil || steps[index] != 1 else { continue }
      let canonical = value.canonicalAxis(axis)
      if start == 0, end == nil, value.shape.rank == 4, canonical >= 2 {
        // Every so many rows and columns: a pooling of one element.
        if canonical == 2 { strides.height = steps[index] } else { strides.width = steps[index] }
        continue
      }
      value = try crop(value, canonical, start, end, steps[index], part: "axis\(axis)")
    }
    if strides != Extent(1) {
      let pooling = Layer.Pooling(kind: .maximum, kernel: Extent(1), stride: strides)
      value = try addElementwise(.pooling(pooling), to: value, part: "stride")
    }
    make(.value(value))
  }

  /// Part of a value along one of the network's axes; images lose rows and columns as by a negative
  /// padding.
  private mutating func crop(
    _ value: Value, _ axis: Int, _ start: Int, _ end: Int?, _ step: Int, part: String
  ) throws(FormatError) -> Value {
    let extent = value.shape[axis]
    let crop = Layer.Crop(axis: axis, start: start, end: end, step: step)
    let elements = crop.elements(of: extent)
    guard let first = elements.first(where: { _ in true }) else {
      throw node.fault("expected at least one element of \(extent), found none")
    }
    guard step == 1, axis >= 2, value.shape.rank == 4 else {
      return try addElementwise(.crop(crop), to: value, part: part)
    }
    let after = extent - first - elements.underestimatedCount
    let padding =
      axis == 2 ? Padding(top: -first, bottom: -after) : Padding(left: -first, right: -after)
    return try addElementwise(.zeroPadding(.init(spatial: padding)), to: value, part: part)
  }

  mutating func readPad() throws(FormatError) {
    let input = try value()
    let shape = input.onnxShape
    let mode = try attributes.string("mode") ?? "constant"
    var listed = try attributes.ints("pads")
    if listed == nil { listed = try attributes.ints("paddings") }
    if listed == nil { listed = try integers(1, "pads") }
    let given = listed ?? []
    var fill = try attributes.float("value") ?? 0
    if hasInput(2) {
      guard let number = try constant(2, "the number to pad with").scalar else {
        throw node.fault("expected one number to pad with")
      }
      fill = number
    }
    let axes =
      hasInput(3) ? try axes(try integers(3, "the axes"), of: shape.rank) : Array(0..<shape.rank)
    guard given.count == 2 * axes.count, given.allSatisfy({ $0.magnitude < 1 << 31 }) else {
      throw node.fault(
        "expected \(2 * axes.count) numbers below 2^31 for pads, found \(given.prefix(17))")
    }
    var pads: [Int: (before: Int, after: Int)] = [:]  // by the network's axis
    for (index, axis) in axes.enumerated() {
      let (before, after) = (given[index], given[index + axes.count])
      if before != 0 || after != 0 { pads[input.canonicalAxis(axis)] = (before, after) }
    }
    guard !pads.isEmpty else { return make(.value(input)) }
    guard mode == "constant" else { return try pad(input, pads, mode) }
    guard input.shape.rank == 4, pads[0] == nil else {
      throw node.fault("only images and their channels are padded, found \(shape)")
    }
    let (rows, columns) = (pads[2] ?? (0, 0), pads[3] ?? (0, 0))
    let channels = pads[1] ?? (0, 0)
    guard channels.before >= 0, channels.after >= 0 else {
      throw node.fault("padding that cuts channels off is not supported")
    }
    let layer = Layer.ZeroPadding(
      spatial: Padding(
        top: rows.before, left: columns.before, bottom: rows.after, right: columns.after),
      channelsBefore: channels.before, channelsAfter: channels.after, value: fill)
    make(.value(try addElementwise(.zeroPadding(layer), to: input)))
  }

  /// Padding with what is inside, element by element: the reflection, or the edge.
  private mutating func pad(
    _ input: Value, _ pads: [Int: (before: Int, after: Int)], _ mode: String
  ) throws(FormatError) {
    guard ["reflect", "edge"].contains(mode) else {
      throw node.fault("padding of the mode \(mode.printable()) is not supported")
    }
    var value = input
    let last = pads.keys.max()
    for (axis, pad) in pads.sorted(by: { $0.key < $1.key }) {
      let extent = value.shape[axis]
      let isReflected = mode == "reflect"
      let most = isReflected ? extent - 1 : 256
      guard (0...most).contains(pad.before), (0...most).contains(pad.after),
        pad.before + pad.after <= 256
      else {
        throw node.fault("expected pads of at most \(min(most, 256)) for \(extent) elements")
      }
      let before = (0..<pad.before).map { isReflected ? pad.before - $0 : 0 }
      let after = (0..<pad.after).map { isReflected ? extent - 2 - $0 : extent - 1 }
      var pieces: [Value] = []
      for (index, place) in before.enumerated() {
        pieces.append(try element(place, of: value, axis, part: "axis\(axis)/before\(index)"))
      }
      pieces.append(value)
      for (index, place) in after.enumerated() {
        pieces.append(try element(place, of: value, axis, part: "axis\(axis)/after\(index)"))
      }
      let layout = value.layout
      value = try add(
        .concatenation(.init(axis: axis)), to: pieces, part: axis == last ? nil : "axis\(axis)")
      value.layout = layout
    }
    make(.value(value))
  }

  private mutating func element(
    _ place: Int, of value: Value, _ axis: Int, part: String
  ) throws(FormatError) -> Value {
    let crop = Layer.Crop(axis: axis, start: place, end: place + 1)
    return try addElementwise(.crop(crop), to: value, part: part)
  }
}
