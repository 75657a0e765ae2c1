public import ModelGraph
internal import ResNet

/// Who published the numbers.
private enum Source {
  static let table1 = "He et al. 2015, table 1"
  static let table6 = "He et al. 2015, table 6"
  static let text = "He et al. 2015, section 3.3 and 4.1"
  static let torchvision = "torchvision"
  static let smallImages = "nets of PyTorch for CIFAR-10"
}

extension PaperNetwork {
  private static let billion = 1_000_000_000
  private static let million = 1_000_000

  private static func torchvision(parameters text: String) -> PublishedNumber {
    PublishedNumber(text, 1, Source.torchvision)
  }

  private static func torchvision(billions text: String) -> PublishedNumber {
    PublishedNumber(text, billion, Source.torchvision)
  }

  /// All of them, in the order of their tables. Graphs are built, none is run.
  public static func all() throws(NetworkError) -> [PaperNetwork] {
    try imageNet() + cifar() + smallImages() + later() + vgg()
  }

  private static func named(_ name: String) -> ResNetDescription {
    guard let net = ResNetDescription(named: name) else {
      preconditionFailure("\(name) is no published network")
    }
    return net
  }

  /// Numbers of torchvision are of shortcuts B, with bottlenecks that stride in the middle.
  private static let imageNetNumbers:
    [(depth: Int, flops: String, parameters: String, torchvision: String)] = [
      (18, "1.8", "11689512", "1.814"), (34, "3.6", "21797672", "3.664"),
      (50, "3.8", "25557032", "4.089"), (101, "7.6", "44549160", "7.801"),
      (152, "11.3", "60192808", "11.514"),
    ]

  private static func imageNet() throws(NetworkError) -> [PaperNetwork] {
    var list: [PaperNetwork] = []
    for number in imageNetNumbers {
      let published = PublishedNumber(number.flops, billion, Source.table1)
      var net = named("resnet\(number.depth)")
      if net.unit == .basic {
        list.append(
          try PaperNetwork(
            "plain-\(number.depth)", .imageNet, named("plain\(number.depth)"),
            multiplyAccumulates: published))
      }
      let name = "ResNet-\(number.depth)"
      for shortcut in [ResNetDescription.Shortcut.a, .b, .c] {
        net.shortcut = shortcut
        list.append(
          try PaperNetwork(
            name, .imageNet, net,
            parameters: shortcut == .b ? torchvision(parameters: number.parameters) : nil,
            multiplyAccumulates: published))
      }
      guard net.unit == .bottleneck else { continue }
      net.shortcut = .b
      net.stride = .middle
      net.stem.pooling = .padded
      list.append(
        try PaperNetwork(
          name, .imageNet, net, parameters: torchvision(parameters: number.parameters),
          multiplyAccumulates: torchvision(billions: number.torchvision)))
    }
    return list
  }

  private static func cifar() throws(NetworkError) -> [PaperNetwork] {
    let numbers = [
      (20, "0.27"), (32, "0.46"), (44, "0.66"), (56, "0.85"), (110, "1.7"), (1202, "19.4"),
    ]
    var list: [PaperNetwork] = []
    for (depth, parameters) in numbers {
      list.append(
        try PaperNetwork(
          "ResNet-\(depth)", .cifar, ResNetDescription.cifar(depth: depth),
          parameters: PublishedNumber(parameters, million, Source.table6)))
    }
    return list
  }

  private static func smallImages() throws(NetworkError) -> [PaperNetwork] {
    let numbers = [
      (18, "11.174"), (34, "21.282"), (50, "23.521"), (101, "42.513"), (152, "58.157"),
    ]
    var list: [PaperNetwork] = []
    for (depth, parameters) in numbers {
      let net = named("resnet\(depth)").forImages(of: .cifar)
      let published = PublishedNumber(parameters, million, Source.smallImages)
      list.append(
        try PaperNetwork("ResNet-\(depth)", .smallImages, net, parameters: published))
      guard net.unit == .bottleneck else { continue }
      var middle = net
      middle.stride = .middle
      list.append(
        try PaperNetwork("ResNet-\(depth)", .smallImages, middle, parameters: published))
    }
    return list
  }

  private static func later() throws(NetworkError) -> [PaperNetwork] {
    let numbers = [
      ("ResNeXt-50 32×4d", "resnext50-32x4d", "25028904", "4.23"),
      ("ResNeXt-101 32×8d", "resnext101-32x8d", "88791336", "16.414"),
      ("Wide ResNet-50-2", "wide50-2", "68883240", "11.398"),
      ("Wide ResNet-101-2", "wide101-2", "126886696", "22.753"),
    ]
    var list: [PaperNetwork] = []
    for (title, name, parameters, flops) in numbers {
      list.append(
        try PaperNetwork(
          title, .later, named(name), parameters: torchvision(parameters: parameters),
          multiplyAccumulates: torchvision(billions: flops)))
    }
    return list
  }

  private static func vgg() throws(NetworkError) -> [PaperNetwork] {
    let numbers = [(16, "138357544", "15.3"), (19, "143667240", "19.6")]
    var list: [PaperNetwork] = []
    for (depth, parameters, flops) in numbers {
      list.append(
        try PaperNetwork(
          "VGG-\(depth)", .vgg, try Network(vgg: depth),
          parameters: torchvision(parameters: parameters),
          multiplyAccumulates: PublishedNumber(flops, billion, Source.text)))
    }
    return list
  }
}
