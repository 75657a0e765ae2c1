import ResNetKit
import ToolSupport

extension LayerVerification {
  /// The table of layers and the verdict.
  var text: String {
    var table = TextTable([
      ("value", .leading), ("type", .leading), ("d", .trailing), ("max ratio", .trailing),
      ("bound", .trailing), ("rms ratio", .trailing), ("bound", .trailing), ("verdict", .leading),
    ])
    for item in results {
      table.add([
        item.value, item.typeName, "\(item.additionChain)", item.maximumRatio.short,
        item.bound.short, item.rootMeanSquareRatio.short, item.rootMeanSquareBound.short,
        item.agrees ? "good" : "DIVERGES",
      ])
    }
    let first = firstDiverging.map { ", first at \($0.value.printable())" } ?? ""
    let verdict = "\(passes ? "EQUAL" : "NOT EQUAL")\(first): compared \(results.count) values"
    return "\(table)\n\n\(verdict)"
  }

  /// The same as JSON.
  var json: JSON {
    .members([
      "passes": .bool(passes),
      "firstDiverging": firstDiverging.map { .string($0.value) },
      "layers": .array(
        results.map { item in
          .members([
            "value": .string(item.value), "type": .string(item.typeName),
            "additionChain": .count(item.additionChain),
            "maximumRatio": JSON(number: item.maximumRatio), "bound": JSON(number: item.bound),
            "rootMeanSquareRatio": JSON(number: item.rootMeanSquareRatio),
            "rootMeanSquareBound": JSON(number: item.rootMeanSquareBound),
            "agrees": .bool(item.agrees),
          ])
        }),
    ])
  }
}
