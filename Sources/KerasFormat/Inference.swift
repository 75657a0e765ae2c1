internal import Files
internal import JSON
internal import ModelIO
internal import TensorCore

/// Finds the definition of a ResNet from the names and shapes of its weights alone.
struct Inference {
  let inventory: Inventory
  let assumptions: ReadingOptions.Assumptions
  /// Whether kernels are `[outputs, inputs, height, width]`.
  let isChannelsFirst: Bool
  /// The model within the model that has the convolutions; empty where the outermost has them.
  let inner: String
  /// The channels of the images, as the first kernels see them.
  var channelCount = 3
  var net = InferredNet()

  /// The definition and what it assumes.
  ///
  /// - Throws: `FormatError` for weights of no network that is known.
  static func definition(
    for stored: StoredWeights, options: ReadingOptions
  ) throws(FormatError) -> (json: JSON, notes: [String]) {
    let inventory = try Inventory(stored)
    let kernels = inventory.items(.convolution)
    guard let stem = kernels.first?.shape else {
      throw unknown("no convolution is among the weights")
    }
    let models = Set(kernels.map(\.model))
    guard models.count == 1, let inner = models.first else {
      throw unknown("\(models.count) models have convolutions")
    }
    let others = inventory.items.filter { $0.model != inner && $0.kind != .dense }
    guard !inner.contains("/") else { throw unknown("\(inner) is a model within a model") }
    guard others.isEmpty else {
      throw unknown("\(others[0].name) is beside the model with the convolutions, \(inner)")
    }
    // The sides of a kernel are alike; images have as many channels as they may.
    let isChannelsFirst =
      kernels.contains { $0.shape[0] != $0.shape[1] }
      && kernels.allSatisfy { $0.shape[2] == $0.shape[3] }
    var inference = Inference(
      inventory: inventory, assumptions: options.assumptions, isChannelsFirst: isChannelsFirst,
      inner: inner)
    inference.channelCount = inference.inputs(of: stem)
    let name: String
    if inventory["conv1_conv"] != nil {
      name =
        inventory["conv2_block1_preact_bn"] == nil
        ? try inference.addApplication() : try inference.addApplicationV2()
    } else if inventory["res2a_branch2a"] != nil {
      name = try inference.addFirstApplication()
    } else if inference.side(of: stem) == 7 {
      name = try inference.addUnnamedApplication()
    } else {
      name = try inference.addSmallNet(in: stored)
    }
    guard let output = inference.net.items.last?.name else { throw unknown("it has no layers") }
    // Layers that were given the names of the file may have those of layers without weights.
    if let name = inference.net.repeatedName { throw unknown("two layers are named \(name)") }
    inference.net.sortAsKeras()
    guard !inner.isEmpty else {
      return (inference.net.json(named: name, output: output), inference.net.notes)
    }
    inference.net.notes.append("found the layers in the model \(inner) of the file")
    let group: (className: String, number: Int)
    switch stored.arrangement {
    case .paths: group = Inventory.key(inner)
    case .names, .numbers, .attributes: group = ("functional", 0)
    }
    return (
      inference.net.json(named: name, within: inner, group: group), inference.net.notes
    )
  }

  /// An error about weights that are of no known network.
  static func unknown(_ reason: String) -> FormatError {
    FormatError(
      .badModel,
      "expected a definition in the file or in JSON beside it, or the weights of a ResNet whose "
        + "definition can be inferred; found neither: \(reason)")
  }
}

// What all nets are made of.
extension Inference {
  /// The number of outputs of kernels.
  func outputs(of kernel: Shape) -> Int { kernel[isChannelsFirst ? 0 : 3] }
  /// The number of inputs of kernels.
  func inputs(of kernel: Shape) -> Int { kernel[isChannelsFirst ? 1 : 2] }
  /// The rows of kernels.
  func side(of kernel: Shape) -> Int { kernel[isChannelsFirst ? 2 : 0] }

  /// An input of images.
  mutating func addInput(side: Int) -> String {
    net.notes.append("assumed images of \(side) × \(side) (--input-shape)")
    let extents: [JSON] = [.integer(side), .integer(side)]
    let channels = JSON.integer(channelCount)
    return net.add(
      "input_1", "InputLayer", [],
      [
        "batch_input_shape":
          .array([.null] + (isChannelsFirst ? [channels] + extents : extents + [channels])),
        "data_format": dataFormat,
      ])
  }

  private var dataFormat: JSON { .string(isChannelsFirst ? "channels_first" : "channels_last") }

  /// A convolution with the extents and the bias that its weights have.
  mutating func addConvolution(
    _ name: String, _ input: String, stride: Int = 1, padding: String = "valid",
    item: Inventory.Item? = nil
  ) throws(FormatError) -> String {
    guard let item = item ?? inventory[name], item.kind == .convolution else {
      throw Inference.unknown("\(name) is not among the weights")
    }
    let side = side(of: item.shape)
    return net.add(
      name, "Conv2D", [input],
      [
        "filters": .integer(outputs(of: item.shape)), "kernel_size": .integers([side, side]),
        "strides": .integers([stride, stride]), "padding": .string(padding),
        "use_bias": .bool(item.hasBias), "data_format": dataFormat,
      ])
  }

  /// A batch normalization, and the layer of factors behind it where there is one.
  mutating func addNormalization(
    _ name: String, _ input: String, epsilon: Double, scale: String? = nil
  ) -> String {
    let axis = JSON.integer(isChannelsFirst ? 1 : -1)
    let normalized = net.add(
      name, "BatchNormalization", [input],
      ["axis": axis, "epsilon": .double(assumptions.epsilon ?? epsilon)])
    guard let scale, inventory[scale] != nil else { return normalized }
    return net.add(scale, "Scale", [normalized], ["axis": axis])
  }

  mutating func addReLU(_ name: String, _ input: String) -> String {
    net.add(name, "Activation", [input], ["activation": .string("relu")])
  }

  mutating func addPadding(_ name: String, _ input: String, _ count: Int) -> String {
    net.add(
      name, "ZeroPadding2D", [input],
      ["padding": .integers([count, count]), "data_format": dataFormat])
  }

  mutating func addPooling(
    _ name: String, _ input: String, _ className: String = "MaxPooling2D", size: Int, stride: Int
  ) -> String {
    net.add(
      name, className, [input],
      [
        "pool_size": .integers([size, size]), "strides": .integers([stride, stride]),
        "padding": .string("valid"), "data_format": dataFormat,
      ])
  }

  /// The mean of the image and the classes, if the file has a matrix for them.
  mutating func addHead(
    _ input: String, pooling: String, name: String?
  ) throws(FormatError) {
    let matrices = inventory.items(.dense)
    guard let matrix = matrices.first else {
      net.notes.append("the file has no classes: the last value is the image before its mean")
      return
    }
    guard matrices.count == 1 else {
      throw Inference.unknown("it has \(matrices.count) matrices")
    }
    net.addsHead = matrix.model != inner
    let mean = net.add(
      pooling, "GlobalAveragePooling2D", [input], ["data_format": dataFormat])
    net.notes.append("assumed that softmax makes the classes")
    // The layers of a numbered file have names of their own, those of the application.
    net.add(
      (matrix.model == inner ? name : nil) ?? matrix.name, "Dense", [mean],
      [
        "units": .integer(matrix.shape[1]), "use_bias": .bool(matrix.hasBias),
        "activation": .string("softmax"),
      ])
  }

  /// The epsilon that the notes name.
  mutating func note(epsilon: Double) {
    net.notes.append(
      "assumed epsilon \(assumptions.epsilon ?? epsilon) in batch normalization (--epsilon)")
  }
}
