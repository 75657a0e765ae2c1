internal import Kernels

/// How a kernel over blocks is cut into tasks: parts of the images × parts of the rows × parts of
/// the panels.
///
/// Each part of the panels reads all inputs, each part of the images and rows all weights: what is
/// smaller is read twice.
struct Split: Sendable {
  let images: Int
  let rows: Int
  let panels: Int
  private var imageParts = 1
  private var rowParts = 1
  private var panelParts = 1

  /// Tasks for a number of threads; two for each, so that one that is late has company.
  ///
  /// - Parameters:
  ///   - inputCount: floats of all images.
  ///   - weightCount: floats of the weights.
  init(
    images: Int, rows: Int, panels: Int, inputCount: Int, weightCount: Int, threadCount: Int
  ) {
    (self.images, self.rows, self.panels) = (images, rows, panels)
    guard threadCount > 1 else { return }
    let goal = 2 * threadCount
    if weightCount > inputCount, panels >= threadCount {
      panelParts = min(panels, goal)
    } else {
      imageParts = min(images, goal)
      rowParts = min(rows, (goal + imageParts - 1) / imageParts)
      panelParts = min(panels, (goal + imageParts * rowParts - 1) / (imageParts * rowParts))
    }
  }

  var taskCount: Int { imageParts * rowParts * panelParts }

  /// What a task covers; those with the same panels follow each other.
  subscript(task: Int) -> Part {
    Part(
      images: even(images, imageParts, task / rowParts % imageParts),
      rows: even(rows, rowParts, task % rowParts),
      panels: even(panels, panelParts, task / rowParts / imageParts))
  }
}

/// The `index`th of so many parts of 0..<count that differ by one at most.
func even(_ count: Int, _ parts: Int, _ index: Int) -> Range<Int> {
  count * index / parts..<count * (index + 1) / parts
}
