import ResNetKit

extension PaperNetwork {
  /// The tables of the papers, with the row that a model is.
  static func report(
    on networks: [PaperNetwork], _ stages: [PaperStage], beside match: PaperMatch? = nil,
    of name: String? = nil
  ) -> Report {
    var report = Report(kind: "paper", title: "Networks of the papers, counted on their graphs")
    let marked = match.map { networks[$0.index] }
    if let match, let marked { report.tell(match, of: name ?? "", marked) }
    report.findings += findings(of: networks)
    report.tables = [
      table("imageNet", "For ImageNet: table 1 of the paper", .imageNet, networks, match),
      differences(in: networks), PaperStage.table(stages),
      table("cifar", "For CIFAR-10: 6n + 2 layers", .cifar, networks, match),
      table(
        "smallImages", "With a stem for images of 32×32 and 10 classes", .smallImages, networks,
        match),
      table("later", "Wider and grouped", .later, networks, match), vggTable(networks, match),
    ]
    report.figures = figures(of: networks)
    report.notes = [
      "multiply-accumulates (MACs) of convolutions and matrices, which the papers call FLOPs; "
        + "parameters are what training learns, without running statistics"
    ]
    return report
  }

  private var title: String {
    [
      name, shortcut.map { "shortcuts \($0.rawValue)" },
      stride.map { $0 == .first ? "v1" : "v1.5" },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  fileprivate var longTitle: String {
    switch table {
    case .imageNet, .later, .vgg: title
    case .cifar: "\(title), for CIFAR"
    case .smallImages: "\(title), with a stem for small images"
    }
  }

  private var gigaMACs: Report.Value {
    .number(Double(multiplyAccumulates) / 1e9, digits: multiplyAccumulates < 300_000_000 ? 4 : 3)
  }

  /// The figures that the counts do not give, in words: those of the networks that the paper has, A
  /// for basic units and B for bottlenecks.
  private static func findings(of networks: [PaperNetwork]) -> [String] {
    networks.filter(\.isOfPaper).compactMap { network in
      guard let published = network.publishedMultiplyAccumulates else { return nil }
      let text =
        "\(network.title): \(network.gigaMACs.figure) GMACs, published as \(published.text)"
      let isConvolutions =
        published.agreement(with: network.convolutionMultiplyAccumulates) == .rounded
      switch published.agreement(with: network.multiplyAccumulates) {
      case .rounded: return nil
      case .truncated: return "\(text): cut off, not rounded"
      case .no: return isConvolutions ? "\(text): convolutions alone" : text
      }
    }
  }

  private var isOfPaper: Bool {
    switch table {
    case .imageNet:
      description?.shortcut == .absent || shortcut == (stride == nil ? .a : .b)
    case .vgg, .later: true
    case .cifar, .smallImages: false
    }
  }

  private static func table(
    _ id: String, _ title: String, _ kind: Table, _ networks: [PaperNetwork], _ match: PaperMatch?
  ) -> Report.Table {
    let hasStride = kind != .cifar
    let publishesMACs = kind == .imageNet || kind == .later
    var columns: [Report.Table.Column] = [
      .init("network", "network"), .init("shortcuts", "option"),
    ]
    if hasStride { columns.append(.init("stride", "unit")) }
    columns += [
      .init("parameters", "parameters", .trailing),
      .init(
        "publishedParameters", publishesMACs ? "published" : "published, millions", .trailing,
        dispensability: 1),
      .init("parametersAgree", "agrees", dispensability: 1),
    ]
    if kind == .smallImages {
      columns.append(
        .init("parametersWithLargeStem", "with the stem for ImageNet", .trailing, dispensability: 3)
      )
    }
    if kind == .cifar {
      columns.append(.init("storedNumbers", "with statistics", .trailing, dispensability: 3))
    }
    columns.append(.init("gigaMACs", "GMACs", .trailing))
    if publishesMACs {
      columns += [
        .init("publishedGigaMACs", "published", .trailing), .init("gigaMACsAgree", "agrees"),
      ]
    }
    if match != nil { columns.append(.init("isModel", "model")) }
    var table = Report.Table(id, title, columns)
    for (index, network) in networks.enumerated() where network.table == kind {
      var row: [Report.Value] = [
        .text(network.name), network.shortcut.map { .text($0.rawValue) } ?? .absent,
      ]
      if hasStride {
        row.append(network.stride.map { .text($0 == .first ? "v1" : "v1.5") } ?? .absent)
      }
      row += [.count(network.parameterCount)]
      row += cells(network.publishedParameters, network.parameterCount)
      if kind == .smallImages {
        row.append(network.parameterCountWithLargeStem.map { .count($0) } ?? .absent)
      }
      if kind == .cifar { row.append(.count(network.storedCount)) }
      row.append(network.gigaMACs)
      if publishesMACs {
        row += cells(network.publishedMultiplyAccumulates, network.multiplyAccumulates)
      }
      if let match { row.append(mark(index, match)) }
      table.add(row)
    }
    return table
  }

  /// A published figure, and whether a count gives it.
  private static func cells(_ published: PublishedNumber?, _ count: Int) -> [Report.Value] {
    guard let published else { return [.absent, .absent] }
    let number: Report.Value =
      published.unit == 1
      ? .count(Int(published.value)) : .number(published.value, digits: published.decimals)
    return [number, .text(published.agreement(with: count).words)]
  }

  private static func mark(_ index: Int, _ match: PaperMatch) -> Report.Value {
    guard index == match.index else { return .absent }
    return .text(match.differences.isEmpty ? "is this" : "nearest")
  }

  private static func vggTable(
    _ networks: [PaperNetwork], _ match: PaperMatch?
  ) -> Report.Table {
    var columns: [Report.Table.Column] = [
      .init("network", "network"), .init("parameters", "parameters", .trailing),
      .init("publishedParameters", "published", .trailing, dispensability: 1),
      .init("parametersAgree", "agrees", dispensability: 1),
      .init("convolutionGigaMACs", "GMACs of convolutions", .trailing),
      .init("gigaMACs", "and matrices", .trailing),
      .init("publishedGigaMACs", "published", .trailing), .init("gigaMACsAgree", "agrees"),
    ]
    if match != nil { columns.append(.init("isModel", "model")) }
    var table = Report.Table("vgg", "VGG, counted in both ways", columns)
    for (index, network) in networks.enumerated() where network.table == .vgg {
      var row: [Report.Value] = [.text(network.name), .count(network.parameterCount)]
      row += cells(network.publishedParameters, network.parameterCount)
      row += [
        .number(Double(network.convolutionMultiplyAccumulates) / 1e9, digits: 3), network.gigaMACs,
      ]
      row += [cells(network.publishedMultiplyAccumulates, 0)[0], .text(network.convention)]
      if let match { row.append(mark(index, match)) }
      table.add(row)
    }
    return table
  }

  /// Which of the two counts was published.
  private var convention: String {
    guard let published = publishedMultiplyAccumulates else { return "" }
    if published.agreement(with: convolutionMultiplyAccumulates) == .rounded {
      return "convolutions alone"
    }
    return published.agreement(with: multiplyAccumulates) == .rounded ? "with matrices" : "no"
  }

  /// What the shortcuts B cost beside A, and C beside B.
  private static func differences(in networks: [PaperNetwork]) -> Report.Table {
    var table = Report.Table(
      "shortcutCosts", "What projections add",
      [
        .init("network", "network"), .init("parametersBMinusA", "parameters, B − A", .trailing),
        .init("parametersCMinusB", "C − B", .trailing),
        .init("gigaMACsBMinusA", "GMACs, B − A", .trailing),
        .init("gigaMACsCMinusB", "C − B", .trailing),
      ])
    let nets = networks.filter { $0.table == .imageNet && $0.stride != .middle }
    func found(_ name: String, _ shortcut: ResNetDescription.Shortcut) -> PaperNetwork? {
      nets.first { $0.name == name && $0.shortcut == shortcut }
    }
    for net in nets where net.shortcut == .a {
      guard let b = found(net.name, .b), let c = found(net.name, .c) else { continue }
      table.add([
        .text(net.name), .count(b.parameterCount - net.parameterCount),
        .count(c.parameterCount - b.parameterCount),
        .number(Double(b.multiplyAccumulates - net.multiplyAccumulates) / 1e9, digits: 3),
        .number(Double(c.multiplyAccumulates - b.multiplyAccumulates) / 1e9, digits: 3),
      ])
    }
    return table
  }

  private static func figures(of networks: [PaperNetwork]) -> [Report.Figure] {
    let shown = networks.filter { network in
      network.isOfPaper && network.publishedMultiplyAccumulates != nil
    }
    func series(_ name: String, _ value: (PaperNetwork) -> Double) -> Report.Figure.Series {
      .init(name, shown.enumerated().map { (x: Double($0), y: value($1)) })
    }
    let names = shown.map { net in
      net.stride == .middle && net.table == .imageNet ? "\(net.name) v1.5" : net.name
    }
    let cifar = networks.filter { $0.table == .cifar }
    func line(_ name: String, _ value: (PaperNetwork) -> Double) -> Report.Figure.Series {
      .init(name, cifar.map { (x: Double($0.description?.depth ?? 0), y: value($0)) })
    }
    return [
      Report.Figure(
        "Multiply-accumulates for one image of 224×224",
        "Bars for networks for ImageNet: what is counted on the graph, beside what was published.",
        .bars(
          x: .init("", names: names), y: .init("GMACs"),
          [
            series("counted") { Double($0.multiplyAccumulates) / 1e9 },
            series("published") { $0.publishedMultiplyAccumulates?.value ?? .nan },
          ])),
      Report.Figure(
        "Parameters of networks for CIFAR-10",
        "A line over the number of layers, from 20 to 1202: counted, and as published.",
        .lines(
          x: .init("layers", isLogarithmic: true),
          y: .init("parameters, millions", isLogarithmic: true),
          [
            line("counted") { Double($0.parameterCount) / 1e6 },
            line("published") { $0.publishedParameters?.value ?? .nan },
          ])),
    ]
  }
}

extension PaperStage {
  fileprivate static func table(_ stages: [PaperStage]) -> Report.Table {
    var table = Report.Table(
      "stages", "Stages of table 1",
      [
        .init("network", "network"), .init("stage", "stage"), .init("output", "output"),
        .init("layers", "layers"), .init("publishedOutput", "published", dispensability: 3),
        .init("publishedLayers", "published", dispensability: 4), .init("agrees", "agrees"),
        .init("parameters", "parameters", .trailing, dispensability: 2),
        .init("gigaMACs", "GMACs", .trailing, dispensability: 1),
      ])
    for stage in stages {
      table.add([
        .text(stage.network), .text(stage.name), .extents(stage.outputSize), .text(stage.layers),
        .extents(stage.publishedSize), .text(stage.publishedLayers), .flag(stage.agrees),
        .count(stage.parameterCount),
        .number(Double(stage.multiplyAccumulates) / 1e9, digits: 3),
      ])
    }
    return table
  }
}

extension PublishedNumber.Agreement {
  fileprivate var words: String {
    switch self {
    case .rounded: "yes"
    case .truncated: "cut off"
    case .no: "no"
    }
  }
}

extension Report {
  /// Says where a model stands among the published networks.
  fileprivate mutating func tell(_ match: PaperMatch, of name: String, _ network: PaperNetwork) {
    facts = [
      Fact("model", "model", .text(name)),
      Fact("parameters", "its parameters", .count(match.parameterCount)),
      Fact(
        "gigaMACs", "its GMACs", .number(Double(match.multiplyAccumulates) / 1e9, digits: 3)),
      Fact("nearest", "nearest", .text(network.longTitle)),
      Fact("isNearest", "the same", .flag(match.differences.isEmpty)),
      Fact("differences", "differences", .list(match.differences.map { .text($0) })),
    ]
    findings.append(
      match.differences.isEmpty
        ? "\(name) is \(network.longTitle)"
        : "\(name) is nearest to \(network.longTitle), but has "
          + match.differences.joined(separator: "; "))
  }
}

extension Report.Value {
  /// The digits of a number.
  fileprivate var figure: String {
    if case .number(let number, let digits) = self { number.fixed(digits ?? 3) } else { "" }
  }
}
