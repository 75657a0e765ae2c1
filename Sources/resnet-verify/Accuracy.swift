import ResNetKit

/// How many images a network puts into their true class.
struct Accuracy {
  let correct: Int
  let total: Int

  /// Compares predictions with a file of one class number a line.
  init(of predictions: [Int]?, classes file: InputFile) throws(FormatError) {
    let lines = String(decoding: file.bytes.array, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let predictions, lines.count == predictions.count else {
      throw FormatError(
        file: file.path, "expected \(predictions?.count ?? 0) classes, found \(lines.count)")
    }
    var correct = 0
    for (index, line) in lines.enumerated() {
      guard let wanted = Int(line) else {
        throw FormatError(
          file: file.path, at: .line(index + 1, column: 1), "expected a number, found \(line)")
      }
      if wanted == predictions[index] { correct += 1 }
    }
    self.correct = correct
    total = predictions.count
  }
}
