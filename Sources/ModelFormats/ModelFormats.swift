internal import CaffeFormat
public import ModelIO
internal import NativeFormat

/// The formats this toolkit ships.
public enum ModelFormats {
  /// Every format, in the order in which equally sure ones are tried.
  public static let all: [any ModelFormat] = [NativeFormat(), CaffeFormat()]

  /// The format that is surest that a file is its own; nil if none wants it.
  public static func format(of file: InputFile) -> (any ModelFormat)? {
    let verdicts = all.map { (format: $0, recognition: $0.recognize(file)) }
    guard let best = verdicts.map(\.recognition).max(), best > .no else { return nil }
    return verdicts.first { $0.recognition == best }?.format
  }
}
