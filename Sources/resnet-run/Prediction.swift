import ResNetKit
import ToolSupport

/// What a network says about an image.
struct Prediction {
  let path: String
  let image: DecodedImage
  let scores: ClassScores
  let names: ClassNames
  /// The classes that are told, the best first.
  let best: [Int]
  /// The class that is true; nil where nobody knows.
  let truth: Int?

  /// The image, and a line for each class.
  var text: String {
    let size = image.pixels.size
    var table = TextTable([("", .leading), ("", .trailing), ("", .trailing), ("", .leading)])
    for index in best {
      table.add(["", scores.values[index].scoreText, "\(index)", names[index]])
    }
    // The first line of the table is its head.
    let lines = table.description.split(separator: "\n", omittingEmptySubsequences: false)
      .dropFirst()
    return (["\(path.printable()): \(size.text) \(image.kind.rawValue)"] + lines.map(String.init))
      .joined(separator: "\n")
  }

  /// The same as JSON.
  var json: JSON {
    .members([
      "image": .string(path), "width": .count(image.pixels.size.width),
      "height": .count(image.pixels.size.height), "format": .string(image.kind.rawValue),
      "notes": image.notes.isEmpty ? nil : .strings(image.notes),
      "class": truth.map { .count($0) },
      "best": .array(
        best.map { index in
          .members([
            "class": .count(index), "label": names.names.map { .string($0[index]) },
            (scores.areProbabilities ? "probability" : "score"): JSON(number: scores.values[index]),
          ])
        }),
    ])
  }
}

extension Double {
  /// Six digits behind the point, which tell apart what probabilities are told for.
  fileprivate var scoreText: String { magnitude < 1e6 ? fixed(6) : short }
}

/// What a run came to.
struct RunResults {
  private(set) var firstFault: FormatError?
  private(set) var faultCount = 0
  private var count = 0
  private var wrong = (best: 0, amongFive: 0)
  private let truth: [Int]?
  var seconds = 0.0

  init(truth: [Int]?) { self.truth = truth }

  mutating func refuse(_ error: FormatError) {
    firstFault = firstFault ?? error
    faultCount += 1
  }

  mutating func add(_ scores: ClassScores, of place: Int) {
    count += 1
    guard let truth else { return }
    let best = scores.best(5)
    wrong.best += best.first == truth[place] ? 0 : 1
    wrong.amongFive += best.contains(truth[place]) ? 0 : 1
  }

  private func share(_ part: Int) -> Double { Double(part) / Double(max(count, 1)) }

  private var countText: String { "\(count.grouped) \(count == 1 ? "image" : "images")" }

  /// How many images, how wrong, how fast.
  var text: String {
    var lines: [String] = []
    if truth != nil, count > 0 {
      lines.append(
        "top-1 error \((100 * share(wrong.best)).fixed(2)) %, top-5 error "
          + "\((100 * share(wrong.amongFive)).fixed(2)) %, of \(countText)")
    }
    let speed = seconds > 0 ? (Double(count) / seconds).short : "-"
    lines.append("\(countText) in \(seconds.fixed(2)) s: \(speed) images/s")
    return lines.joined(separator: "\n")
  }

  /// The same as JSON.
  var json: JSON {
    .members([
      "images": .count(count), "failed": .count(faultCount), "seconds": JSON(number: seconds),
      "top1Error": truth == nil || count == 0 ? nil : JSON(number: share(wrong.best)),
      "top5Error": truth == nil || count == 0 ? nil : JSON(number: share(wrong.amongFive)),
    ])
  }
}

extension JSON {
  /// The line of an image that cannot be looked at.
  static func failure(_ path: String, _ error: FormatError) -> JSON {
    .members(["image": .string(path), "error": .string(error.description)])
  }
}
