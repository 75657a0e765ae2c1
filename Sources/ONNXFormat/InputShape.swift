internal import Files
internal import TensorCore

/// The shape of an input of a graph.
enum InputShape {
  /// - Parameter asked: what the user says; nil: what the file says, with one image for an open batch.
  /// - Throws: `FormatError` for an extent that neither says.
  static func shape(of input: ONNXValueInfo, _ asked: Shape?) throws(FormatError) -> Shape {
    guard let dimensions = input.dimensions else {
      guard let asked else { throw missing(input, "no shape") }
      return asked
    }
    if let asked {
      // Another batch and another size of images may be asked for: the layers say what fits.
      guard asked.rank == dimensions.count else {
        throw FormatError(
          .usage, at: .object(input.name),
          "expected a shape that fits \(text(dimensions)), found \(asked)")
      }
      return asked
    }
    var extents: [Int] = []
    for (axis, dimension) in dimensions.enumerated() {
      switch dimension {
      case .value(let extent): extents.append(extent)
      case .open where axis == 0: extents.append(1)
      case .open: throw missing(input, text(dimensions))
      }
    }
    guard extents.count <= 8, extents.allSatisfy({ $0 > 0 }), let shape = Shape(checking: extents)
    else {
      throw FormatError(
        at: .object(input.name),
        "expected at most 8 extents of 1 or more, found \(extents.prefix(9))")
    }
    return shape
  }

  private static func missing(_ input: ONNXValueInfo, _ found: String) -> FormatError {
    FormatError(
      at: .object(input.name),
      "expected an input of known extents, found \(found): give them (1,3,224,224, for example) as "
        + "the input shape")
  }

  private static func text(_ dimensions: [ONNXValueInfo.Dimension]) -> String {
    let words = dimensions.map { dimension in
      switch dimension {
      case .value(let extent): "\(extent)"
      case .open(let name): name.isEmpty ? "?" : name.printable(limit: 40)
      }
    }
    return "[\(words.joined(separator: ", "))]"
  }
}
