extension Report {
  /// A picture of numbers.
  public struct Figure: Sendable {
    /// What is drawn.
    public enum Content: Sendable {
      /// Lines through points.
      case lines(x: Axis, y: Axis, [Series])
      /// Bars that stand side by side, one for each value of a series.
      case bars(x: Axis, y: Axis, [Series])
      /// Rows of coloured cells, one a layer or channel; the scale says what the colours mean.
      case cells(scale: Scale, [CellRow])
    }

    /// An axis with its name and unit.
    public struct Axis: Sendable {
      /// Its name, with the unit.
      public var title: String
      /// Whether equal distances are equal ratios.
      public var isLogarithmic: Bool
      /// What the places 0, 1, 2 … are called, in place of their numbers; empty for numbers.
      public var names: [String]

      /// An axis.
      public init(_ title: String, isLogarithmic: Bool = false, names: [String] = []) {
        self.title = title
        self.isLogarithmic = isLogarithmic
        self.names = names
      }
    }

    /// Points that belong together.
    public struct Series: Sendable {
      /// What the legend calls them.
      public var name: String
      /// Where they stand; those that are not finite are left out.
      public var points: [(x: Double, y: Double)]
      /// Whether the line is dashed: the plain net beside the residual one.
      public var isDashed: Bool

      /// Points under a name.
      public init(_ name: String, _ points: [(x: Double, y: Double)], isDashed: Bool = false) {
        self.name = name
        self.points = points
        self.isDashed = isDashed
      }
    }

    /// What the colours of cells mean.
    public struct Scale: Sendable {
      /// What is shown, with its unit.
      public var title: String
      /// The values of the palest and of the strongest colour.
      public var range: ClosedRange<Double>

      /// A scale.
      public init(_ title: String, _ range: ClosedRange<Double>) {
        self.title = title
        self.range = range
      }
    }

    /// Cells side by side.
    public struct CellRow: Sendable {
      /// What stands before them.
      public var name: String
      /// A value and its explanation each; nil where there is nothing, on either side of a comparison.
      public var cells: [(value: Double?, explanation: String)]

      /// A row.
      public init(_ name: String, _ cells: [(value: Double?, explanation: String)]) {
        self.name = name
        self.cells = cells
      }
    }

    /// What stands above it.
    public var title: String
    /// What it shows, in a sentence, for those who do not see it.
    public var description: String
    /// What is drawn.
    public var content: Content

    /// A picture.
    public init(_ title: String, _ description: String, _ content: Content) {
      self.title = title
      self.description = description
      self.content = content
    }
  }
}
