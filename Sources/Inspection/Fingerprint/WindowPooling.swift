internal import ModelGraph
internal import TensorCore

/// A pooling by what its windows hold of the image, however padding and rounding made them.
struct WindowPooling {
  /// The windows along one axis.
  struct Axis: Equatable {
    /// The elements of a window that lie in the image.
    struct Window: Equatable {
      /// The first.
      var first: Int
      /// How many.
      var count: Int
      /// What their sum is divided by; 1 for a maximum.
      var divisor: Int
    }

    /// From one element of a window to the next.
    var step: Int
    var windows: [Window]

    /// Each element by itself.
    func isIdentity(over extent: Int) -> Bool {
      isSingle && windows.map(\.first).elementsEqual(0..<extent)
    }

    /// Whether every window is one element.
    var isSingle: Bool { windows.allSatisfy { $0.count == 1 && $0.divisor == 1 } }

    mutating func choose(_ places: [Int]) { windows = places.map { windows[$0] } }

    /// The same windows over what elements were chosen from; nil if they are none there.
    ///
    /// - Parameters:
    ///   - list: the chosen elements, −1 for a zero.
    ///   - dropsZeros: whether zeros in a window do not matter.
    func composed(with list: [Int]?, dropsZeros: Bool) -> Axis? {
      guard let list else { return self }
      var composed = Axis(step: 0, windows: [])
      for window in windows {
        let all = (0..<window.count).map { list[window.first + step * $0] }
        let real = all.filter { $0 >= 0 }
        guard !real.isEmpty, dropsZeros || real.count == all.count else { return nil }
        for (left, right) in zip(real, real.dropFirst()) {
          if composed.step == 0 { composed.step = right - left }
          guard composed.step == right - left, composed.step > 0 else { return nil }
        }
        composed.windows.append(
          Window(first: real[0], count: real.count, divisor: window.divisor))
      }
      composed.step = max(composed.step, 1)
      return composed
    }

    fileprivate func line(_ isMaximum: Bool) -> String {
      let hasStep = windows.contains { $0.count > 1 }
      return "\(hasStep ? step : 1)*"
        + windows.map { "\($0.first):\($0.count)\(isMaximum ? "" : "/\($0.divisor)")" }
        .joined(separator: ",")
    }
  }

  var kind: Layer.PoolingKind
  var rows: Axis
  var columns: Axis

  var line: String {
    let isMaximum = kind == .maximum
    return "\(kind.rawValue) rows=\(rows.line(isMaximum)) columns=\(columns.line(isMaximum))"
  }
}

extension WindowPooling.Axis {
  /// The windows of a pooling along one axis.
  init(
    count: Int, extent: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int,
    _ layer: Layer.Pooling
  ) {
    step = dilation
    windows = (0..<count).map { index in
      let start = index * stride - before
      /// How many elements of the window lie before a place.
      func elements(before place: Int) -> Int {
        place <= start ? 0 : min((place - start - 1) / dilation + 1, kernel)
      }
      let left = elements(before: 0)
      let inside = elements(before: extent) - left
      let divisor = layer.divisor == .paddedWindow ? elements(before: extent + after) : inside
      return Window(
        first: start + dilation * left, count: inside, divisor: layer.kind == .maximum ? 1 : divisor
      )
    }
  }
}

extension NormalForm {
  mutating func append(
    _ layer: Layer.Pooling, to index: Int, from shape: Shape, output: Shape
  ) -> Int {
    append(
      WindowPooling(
        kind: layer.kind,
        rows: WindowPooling.Axis(
          count: output[2], extent: shape[2], kernel: layer.kernel.height,
          stride: layer.stride.height, dilation: layer.dilation.height,
          before: layer.padding.top, after: layer.padding.bottom, layer),
        columns: WindowPooling.Axis(
          count: output[3], extent: shape[3], kernel: layer.kernel.width,
          stride: layer.stride.width, dilation: layer.dilation.width,
          before: layer.padding.left, after: layer.padding.right, layer)), of: index)
  }

  mutating func append(
    _ layer: Layer.GlobalPooling, to index: Int, from shape: Shape
  ) -> Int {
    func whole(_ extent: Int) -> WindowPooling.Axis {
      WindowPooling.Axis(
        step: 1,
        windows: [.init(first: 0, count: extent, divisor: layer.kind == .maximum ? 1 : extent)])
    }
    return append(
      WindowPooling(kind: layer.kind, rows: whole(shape[2]), columns: whole(shape[3])), of: index)
  }

  mutating func append(_ pooling: WindowPooling, of index: Int) -> Int {
    if pooling.rows.isSingle, pooling.columns.isSingle {
      return append(
        move: [2: pooling.rows.windows.map(\.first), 3: pooling.columns.windows.map(\.first)],
        of: index)
    }
    let term = self[index]
    switch term.form {
    case .move(let source, let lists) where lists.keys.allSatisfy((2...3).contains):
      // Zeros add nothing to a sum, and are no maximum of what is not below them.
      let dropsZeros = pooling.kind == .average || term.isNonNegative
      if let rows = pooling.rows.composed(with: lists[2], dropsZeros: dropsZeros),
        let columns = pooling.columns.composed(with: lists[3], dropsZeros: dropsZeros)
      {
        return append(
          WindowPooling(kind: pooling.kind, rows: rows, columns: columns), of: source)
      }
    case .pooling(let source, let first) where first.kind == pooling.kind:
      // One along the rows, the other along the columns: both together.
      let base = self[source]
      if pooling.rows.isIdentity(over: term.extent(2)),
        first.columns.isIdentity(over: base.extent(3))
      {
        return append(
          WindowPooling(kind: first.kind, rows: first.rows, columns: pooling.columns), of: source)
      }
      if pooling.columns.isIdentity(over: term.extent(3)),
        first.rows.isIdentity(over: base.extent(2))
      {
        return append(
          WindowPooling(kind: first.kind, rows: pooling.rows, columns: first.columns), of: source)
      }
    case .pooling, .move, .permutation, .affine, .reshape, .other: break
    }
    return append(
      pooling.line, [index],
      extents: [
        term.extent(0), term.extent(1), pooling.rows.windows.count, pooling.columns.windows.count,
      ], isNonNegative: term.isNonNegative, form: .pooling(of: index, pooling))
  }
}
