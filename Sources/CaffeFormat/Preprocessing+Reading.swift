internal import Files
internal import ModelGraph
internal import Protobuf
internal import TensorCore

/// A mean image: one BlobProto.
struct MeanImage {
  let tensor: Tensor  // [channels, height, width]

  /// Reads `mean.binaryproto`.
  init(reading bytes: Bytes) throws(FormatError) {
    let blob = try bytes.withSpan { (span: RawSpan) throws(FormatError) in
      try CaffeBlob(reading: WireReader(0..<span.byteCount), in: span, of: bytes)
    }
    let shape = blob.tensor.shape
    let image = Array(shape.dimensions.suffix(3))
    guard image.count == 3, shape.elementCount > 0,
      shape.elementCount == image.reduce(1, *)
    else {
      throw FormatError(
        .badModel, "expected one image [1, channels, height, width], found \(shape)")
    }
    tensor = blob.tensor.reshaped(to: Shape(image))
  }
}

extension TestPhaseNet {
  /// What is to be done to an image, from the mean image and the layer that loaded the data; nil
  /// if neither says anything.
  func preprocessing(
    for network: Network, mean: MeanImage?, notes: inout [String]
  ) throws(FormatError) -> Preprocessing? {
    let transform = inputs.lazy.compactMap(\.data).first?.transform
    guard mean != nil || transform != nil else { return nil }
    let input = network.inputs.first?.shape ?? []
    let channels = input.rank == 4 ? input[1] : nil
    var recipe = Preprocessing(scales: [transform?.scale ?? 1])
    if let mean {
      guard channels == nil || mean.tensor.shape[0] == channels else {
        throw FormatError(
          .badModel,
          "expected a mean image of \(channels ?? 0) channels, found \(mean.tensor.shape)")
      }
      recipe.mean = .image(mean.cropped(to: input, notes: &notes))
      if transform?.means.isEmpty == false {
        notes.append("took the mean image instead of the definition's mean_value")
      }
    } else if let means = transform?.means, !means.isEmpty {
      guard channels == nil || means.count == 1 || means.count == channels else {
        throw FormatError(
          at: .object("mean_value"),
          "expected 1 or \(channels ?? 0) values, found \(means.count)")
      }
      recipe.mean = .channels(
        means.count == 1 ? Array(repeating: means[0], count: channels ?? 1) : means)
    } else if let file = transform?.meanFile {
      notes.append("the definition subtracts the mean image \(quoted(file)), which was not given")
    }
    if channels == 3 {
      recipe.channelOrder = .bgr
      notes.append("assumed blue, green, red for the channels of the input, as is usual in Caffe")
    }
    return recipe
  }
}

extension MeanImage {
  /// The image cut to the size of the input, as Caffe cuts image and mean alike: at the centre.
  fileprivate func cropped(to input: Shape, notes: inout [String]) -> Tensor {
    guard input.rank == 4 else { return tensor }
    let (channels, height, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    guard (height, width) != (input[2], input[3]) else { return tensor }
    guard height >= input[2], width >= input[3] else {
      notes.append("the mean image is \(height) × \(width), smaller than the input")
      return tensor
    }
    notes.append("cut the mean image of \(height) × \(width) to the size of the input")
    let (top, left) = ((height - input[2]) / 2, (width - input[3]) / 2)
    let (elements, shape) = (tensor.doubles, Shape([channels, input[2], input[3]]))
    return Tensor(
      shape,
      filling: { output in
        for channel in 0..<channels {
          for row in 0..<input[2] {
            for column in 0..<input[3] {
              output[(channel * input[2] + row) * input[3] + column] = Float(
                elements[(channel * height + top + row) * width + left + column])
            }
          }
        }
      })
  }
}

/// The names of the classes: one a line, as many as the last output has channels.
func readLabels(_ bytes: Bytes, for network: Network) throws(FormatError) -> [String] {
  // By bytes: to Swift a carriage return and a line feed together are one character.
  var rows = bytes.array.split(separator: ascii("\n"), omittingEmptySubsequences: false)
  if rows.last?.isEmpty == true { rows.removeLast() }
  var lines: [String] = []
  for (index, row) in rows.enumerated() {
    let row = row.last == ascii("\r") ? row.dropLast() : row
    guard !row.isEmpty else {
      throw FormatError(at: .line(index + 1, column: 1), "expected a label, found an empty line")
    }
    guard let line = String(validating: row, as: UTF8.self) else {
      throw FormatError(at: .line(index + 1, column: 1), "expected a label in UTF-8")
    }
    lines.append(line)
  }
  let shapes = try? network.shapes()
  if let shape = network.outputs.last.flatMap({ shapes?[$0] }), shape.rank >= 2,
    shape[1] != lines.count
  {
    throw FormatError(
      .badModel, "expected \(shape[1]) labels for the output \(shape), found \(lines.count)")
  }
  return lines
}
