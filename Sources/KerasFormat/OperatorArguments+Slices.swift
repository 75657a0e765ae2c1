internal import Files
internal import JSON

extension OperatorArguments {
  /// What is between the brackets, for each axis of a value, and where new axes of 1 come; nil if it
  /// is not known.
  func slices(
    rank: Int
  ) throws(FormatError) -> (items: [NetworkBuilder.SliceItem], newAxes: [Int])? {
    if layer.operation?.dialect == .graph { return try graphSlices(rank: rank).map { ($0, []) } }
    guard let argument = call[1, ["key", "slice_spec"]] ?? call[nil, ["key", "slice_spec"]],
      let json = argument.constant
    else { return nil }
    let entries = json.elements ?? [json]
    let count = entries.count { $0 != .null && $0["class_name"] != .string("__ellipsis__") }
    guard count <= rank else { return nil }
    var items: [NetworkBuilder.SliceItem] = []
    var newAxes: [Int] = []
    for entry in entries {
      if entry == .null {
        newAxes.append(items.count + newAxes.count)
      } else if entry["class_name"] == .string("__ellipsis__") {
        items += [NetworkBuilder.SliceItem](repeating: .all, count: rank - count)
      } else if let index = entry.wholeNumber {
        items.append(.index(index))
      } else if let range = NetworkBuilder.SliceItem(entry["config"] ?? entry) {
        items.append(range)
      } else {
        return nil
      }
    }
    guard items.count <= rank else { return nil }
    items += [NetworkBuilder.SliceItem](repeating: .all, count: rank - items.count)
    return (items, newAxes)
  }

  /// `StridedSlice`: begins, ends and steps, and masks of those that do not count.
  private func graphSlices(rank: Int) throws(FormatError) -> [NetworkBuilder.SliceItem]? {
    guard let begins = try integers(1), let ends = try integers(2), let steps = try integers(3),
      begins.count == ends.count, begins.count == steps.count
    else { return nil }
    func mask(_ name: String) throws(FormatError) -> Int { try integers(nil, name)?.first ?? 0 }
    let (begin, end) = (try mask("begin_mask"), try mask("end_mask"))
    let (ellipsis, shrink) = (try mask("ellipsis_mask"), try mask("shrink_axis_mask"))
    guard try mask("new_axis_mask") == 0, begins.count <= 16 else { return nil }
    var items: [NetworkBuilder.SliceItem] = []
    for index in begins.indices {
      let bit = 1 << index
      if ellipsis & bit != 0 {
        let count = rank - (begins.count - 1)
        guard count >= 0 else { return nil }
        items += [NetworkBuilder.SliceItem](repeating: .all, count: count)
      } else if shrink & bit != 0 {
        items.append(.index(begins[index]))
      } else {
        items.append(
          .range(
            start: begin & bit != 0 ? nil : begins[index],
            stop: end & bit != 0 ? nil : ends[index], step: steps[index]))
      }
    }
    guard items.count <= rank else { return nil }
    return items + [NetworkBuilder.SliceItem](repeating: .all, count: rank - items.count)
  }
}

extension NetworkBuilder.SliceItem {
  /// `{"start": null, "stop": null, "step": -1}`; nil if it is no such object.
  fileprivate init?(_ json: JSON) {
    guard json["start"] != nil || json["stop"] != nil || json["step"] != nil else { return nil }
    var numbers: [Int?] = []
    for name in ["start", "stop", "step"] {
      let value = json[name] ?? .null
      guard value == .null || value.wholeNumber != nil else { return nil }
      numbers.append(value.wholeNumber)
    }
    self = .range(start: numbers[0], stop: numbers[1], step: numbers[2] ?? 1)
  }
}
