internal import Hashing
internal import ModelGraph
internal import TensorCore

/// The windows of a convolution along one axis: `count` of them, the first at `first`, which may lie
/// before the image, each of `kernel` elements.
struct ConvolutionAxis {
  var kernel: Int
  var first: Int
  var stride: Int
  var dilation: Int
  var count: Int

  /// Without rows of the kernel at its ends.
  mutating func trim(before: Int, after: Int) {
    kernel -= before + after
    first += before * dilation
  }

  /// What has no meaning becomes 1.
  mutating func normalize() {
    if count == 1 { stride = 1 }
    if kernel == 1 { dilation = 1 }
  }

  /// The same windows over what elements were chosen from; nil if they are none there.
  ///
  /// - Parameters:
  ///   - list: the chosen elements, −1 for a zero.
  ///   - extent: of what they were chosen from.
  func composed(with list: [Int]?, extent: Int) -> ConvolutionAxis? {
    guard let list else { return self }
    // Element p of the list is element `slope · p + offset`, which may lie outside.
    let real = list.indices.filter { list[$0] >= 0 }
    guard let start = real.first else { return nil }
    var slope = 1
    if real.count > 1 {
      let (rise, run) = (list[real[1]] - list[start], real[1] - start)
      guard rise > 0, rise % run == 0 else { return nil }
      slope = rise / run
    }
    let offset = list[start] - slope * start
    for window in 0..<count {
      for element in 0..<kernel {
        let place = first + window * stride + element * dilation
        let target = slope * place + offset
        let found = list.indices.contains(place) ? list[place] : -1
        guard found == (0..<extent ~= target ? target : -1) else { return nil }
      }
    }
    return ConvolutionAxis(
      kernel: kernel, first: slope * first + offset, stride: stride * slope,
      dilation: dilation * slope, count: count)
  }
}

extension NormalForm {
  mutating func append(
    _ layer: Layer.Convolution, to index: Int, output: Shape
  ) -> Int {
    let kernel = layer.kernel.shape
    let product = append(
      layer.kernel, extents: kernel.dimensions, groups: layer.groups,
      rows: ConvolutionAxis(
        kernel: kernel[2], first: -layer.padding.top, stride: layer.stride.height,
        dilation: layer.dilation.height, count: output[2]),
      columns: ConvolutionAxis(
        kernel: kernel[3], first: -layer.padding.left, stride: layer.stride.width,
        dilation: layer.dilation.width, count: output[3]), to: index)
    return append(affine: { affine in layer.bias.map { affine.add($0.rounded32) } }, to: product)
  }

  /// A matrix product with an image is a convolution with one window.
  mutating func append(
    _ layer: Layer.FullyConnected, to index: Int, output: Shape
  ) -> Int {
    let outputs = layer.kernel.shape[0]
    guard layer.axis == 1 else {
      return append(
        "dense axis=\(layer.axis) kernel=\(layer.kernel.shape.dimensions.list)", [index],
        extents: output.dimensions
      ) { hash in
        hash.update(layer.kernel.rounded32)
        hash.update(layer.bias?.rounded32 ?? Array(repeating: 0, count: outputs))
      }
    }
    var source = reshaped(index)
    if self[source].extent(0) != self[index].extent(0) { source = index }
    let term = self[source]
    let columns = term.extents.dropFirst(3).reduce(1, *)
    func axis(_ extent: Int) -> ConvolutionAxis {
      ConvolutionAxis(kernel: extent, first: 0, stride: 1, dilation: 1, count: 1)
    }
    let product = append(
      layer.kernel, extents: [outputs, term.extent(1), term.extent(2), columns], groups: 1,
      rows: axis(term.extent(2)), columns: axis(columns), to: source)
    return append(affine: { affine in layer.bias.map { affine.add($0.rounded32) } }, to: product)
  }

  private mutating func append(
    _ kernel: Tensor, extents: [Int], groups: Int, rows: ConvolutionAxis, columns: ConvolutionAxis,
    to index: Int
  ) -> Int {
    kernel.withFloats { numbers in
      let ends = KernelEnds(of: numbers, extents)
      var (rows, columns) = (rows, columns)
      rows.trim(before: ends.top, after: ends.bottom)
      columns.trim(before: ends.left, after: ends.right)
      let trimmed = TrimmedKernel(
        numbers: numbers, extents: extents, top: ends.top, left: ends.left, height: rows.kernel,
        width: columns.kernel)
      if let simple = appendSimple(trimmed, groups, rows, columns, to: index) { return simple }
      var source = index
      if case .move(let base, let lists) = self[index].form,
        lists.keys.allSatisfy((2...3).contains),
        let r = rows.composed(with: lists[2], extent: self[base].extent(2)),
        let c = columns.composed(with: lists[3], extent: self[base].extent(3))
      {
        (source, rows, columns) = (base, r, c)
      }
      rows.normalize()
      columns.normalize()
      let shape = [extents[0], extents[1], rows.kernel, columns.kernel]
      return append(
        "convolution kernel=\(shape.list) groups=\(groups) "
          + "first=\([rows.first, columns.first].list) stride=\([rows.stride, columns.stride].list) "
          + "dilation=\([rows.dilation, columns.dilation].list) "
          + "count=\([rows.count, columns.count].list)", [source],
        extents: [self[index].extent(0), extents[0], rows.count, columns.count]
      ) { trimmed.append(to: &$0) }
    }
  }

  /// Kernels of one element that only move channels, or only multiply them.
  private mutating func appendSimple(
    _ kernel: TrimmedKernel, _ groups: Int, _ rows: ConvolutionAxis, _ columns: ConvolutionAxis,
    to index: Int
  ) -> Int? {
    guard kernel.height == 1, kernel.width == 1 else { return nil }
    let (outputs, depth) = (kernel.extents[0], kernel.extents[1])
    let isDepthwise = depth == 1 && outputs == groups
    var channels: [Int] = []
    for output in 0..<outputs {
      var chosen = -1
      for input in 0..<depth {
        let number = kernel[output * depth + input]
        if number == 0 { continue }
        guard isDepthwise || number == 1 && chosen < 0 else { return nil }
        chosen = output / (outputs / groups) * depth + input
      }
      channels.append(isDepthwise ? output : chosen)
    }
    func places(_ axis: ConvolutionAxis, _ extent: Int) -> [Int] {
      (0..<axis.count).map { window in
        let place = axis.first + window * axis.stride
        return 0..<extent ~= place ? place : -1
      }
    }
    let term = self[index]
    let moved = append(
      move: [
        1: channels, 2: places(rows, term.extent(2)), 3: places(columns, term.extent(3)),
      ], of: index)
    guard isDepthwise else { return moved }
    let factors = (0..<outputs).map { Double(kernel[$0]) }
    return append(affine: { $0.multiply(by: factors) }, to: moved)
  }
}

/// How many rows and columns at the ends of all kernels are zeros: a convolution does as well
/// without them. At least one row and one column are left.
private struct KernelEnds {
  var (top, bottom, left, right) = (0, 0, 0, 0)

  init(of numbers: UnsafeBufferPointer<Float>, _ extents: [Int]) {
    let (count, height, width) = (extents[0] * extents[1], extents[2], extents[3])
    func isZero(_ rows: Range<Int>, _ columns: Range<Int>) -> Bool {
      (0..<count).allSatisfy { plane in
        rows.allSatisfy { row in
          columns.allSatisfy { numbers[(plane * height + row) * width + $0] == 0 }
        }
      }
    }
    let all = 0..<width
    while top < height - 1, isZero(top..<top + 1, all) { top += 1 }
    while bottom < height - 1 - top, isZero(height - 1 - bottom..<height - bottom, all) {
      bottom += 1
    }
    let rows = top..<height - bottom
    while left < width - 1, isZero(rows, left..<left + 1) { left += 1 }
    while right < width - 1 - left, isZero(rows, width - 1 - right..<width - right) { right += 1 }
  }
}

/// Kernels without the zeros at their ends.
private struct TrimmedKernel {
  let numbers: UnsafeBufferPointer<Float>
  let extents: [Int]
  let top: Int
  let left: Int
  let height: Int
  let width: Int

  /// The first number of a kernel: the only one where there is but one.
  subscript(plane: Int) -> Float { numbers[(plane * extents[2] + top) * extents[3] + left] }

  /// All numbers in their order.
  func append(to hash: inout SHA256) {
    guard height < extents[2] || width < extents[3] else { return hash.update(numbers) }
    for plane in 0..<extents[0] * extents[1] {
      for row in top..<top + height {
        let start = (plane * extents[2] + row) * extents[3] + left
        hash.update(UnsafeBufferPointer(rebasing: numbers[start..<start + width]))
      }
    }
  }
}
