internal import ModelGraph

/// A part of an image, perhaps with left and right exchanged.
public struct Crop: Sendable, Equatable {
  /// Its first row and column.
  public var row, column: Int
  /// Whether left and right are exchanged.
  public var isMirrored: Bool

  /// A part.
  public init(row: Int, column: Int, isMirrored: Bool = false) {
    self.row = row
    self.column = column
    self.isMirrored = isMirrored
  }
}

/// How many parts of an image are looked at.
public enum CropCount: Int, Sendable, CaseIterable {
  /// The middle.
  case one = 1
  /// The corners and the middle.
  case five = 5
  /// The same and their mirror images (Krizhevsky et al. 2012).
  case ten = 10
}

extension CropCount {
  /// The parts of that size.
  ///
  /// - Precondition: the image is as large.
  func crops(of whole: Extent, _ size: Extent, roundsMiddleToEven: Bool) -> [Crop] {
    let (bottom, right) = (whole.height - size.height, whole.width - size.width)
    precondition(bottom >= 0 && right >= 0, "\(size.text) of \(whole.text)")
    func middle(_ rest: Int) -> Int {
      roundsMiddleToEven ? Int((Double(rest) / 2).rounded(.toNearestOrEven)) : rest / 2
    }
    let centre = Crop(row: middle(bottom), column: middle(right))
    guard self != .one else { return [centre] }
    let five = [
      Crop(row: 0, column: 0), Crop(row: 0, column: right), Crop(row: bottom, column: 0),
      Crop(row: bottom, column: right), centre,
    ]
    guard self == .ten else { return five }
    return five
      + five.map { crop in
        // torchvision looks for the middle of the mirrored image: another one where it is rounded.
        let column = crop == centre && roundsMiddleToEven ? right - crop.column : crop.column
        return Crop(row: crop.row, column: column, isMirrored: true)
      }
  }
}
