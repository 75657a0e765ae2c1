internal import ModelIO

/// A definition that was inferred: layers with settings, connected by names.
struct InferredNet {
  /// A layer and the layers it reads.
  struct Item {
    var name: String
    var className: String
    var settings: [JSON.Member]
    var inputs: [String]
  }

  private(set) var items: [Item] = []
  /// What had to be assumed, one sentence each.
  var notes: [String] = []

  /// Adds a layer.
  ///
  /// - Returns: its name, for those that read it.
  @discardableResult
  mutating func add(
    _ name: String, _ className: String, _ inputs: [String],
    _ settings: KeyValuePairs<String, JSON> = [:]
  ) -> String {
    items.append(
      Item(
        name: name, className: className, settings: settings.map { JSON.Member($0, $1) },
        inputs: inputs))
    return name
  }

  /// A name that several layers have; nil if there is none.
  var repeatedName: String? {
    var names: Set<String> = []
    return items.first { !names.insert($0.name).inserted }?.name
  }

  /// The same net with the layers in Keras' order, which is the order of weights in files: by their
  /// distance from the output, the farthest first; those of one distance as they are met on the way
  /// back from the output (keras/src/ops/function.py, `map_graph`).
  ///
  /// Items must have names of their own and be in an order in which each reads only earlier ones;
  /// the last is the output.
  mutating func sortAsKeras() {
    let numbers = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.name, $0) })
    var distance = [Int](repeating: 0, count: items.count)
    for (index, item) in items.enumerated().reversed() {
      for input in item.inputs {
        let source = numbers[input]!  // an item is added before it is read
        distance[source] = max(distance[source], distance[index] + 1)
      }
    }
    var met = [Int?](repeating: nil, count: items.count)
    var count = 0
    var open = [items.count - 1]
    while let index = open.popLast() {
      guard met[index] == nil else { continue }
      met[index] = count
      count += 1
      open += items[index].inputs.reversed().map { numbers[$0]! }  // as above
    }
    items = items.indices.sorted {
      (-distance[$0], met[$0] ?? .max) < (-distance[$1], met[$1] ?? .max)
    }.map { items[$0] }
  }

  /// Gives layers other names.
  mutating func rename(_ names: [String: String]) {
    func new(_ name: String) -> String { names[name] ?? name }
    for index in items.indices {
      items[index].name = new(items[index].name)
      items[index].inputs = items[index].inputs.map(new)
    }
  }

  /// The definition as Keras 2 would write it.
  func json(named name: String, output: String) -> JSON {
    func value(_ name: String) -> JSON {
      .array([.string(name), .integer(0), .integer(0)])
    }
    let layers = items.map { item in
      JSON.object([
        .init("class_name", .string(item.className)), .init("name", .string(item.name)),
        .init("config", .object([.init("name", .string(item.name))] + item.settings)),
        .init(
          "inbound_nodes",
          item.inputs.isEmpty ? .array([]) : .array([.array(item.inputs.map(value))])),
      ])
    }
    let inputs = items.filter(\.inputs.isEmpty).map { value($0.name) }
    return .object([
      .init("class_name", .string("Functional")),
      .init(
        "config",
        .object([
          .init("name", .string(name)), .init("layers", .array(layers)),
          .init("input_layers", .array(inputs)),
          .init("output_layers", .array([value(output)])),
        ])),
    ])
  }
}
