internal import JSON

/// A definition that was inferred: layers with settings, connected by names.
struct InferredNet {
  /// A layer and the layers it reads.
  struct Item {
    var name: String
    var className: String
    var settings: [JSON.Member]
    var inputs: [String]
    /// Whether it reads the model within the model and is not in it.
    var isHead = false
  }

  private(set) var items: [Item] = []
  /// Whether what is added is beside the model within the model, not in it.
  var addsHead = false
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
        inputs: inputs, isHead: addsHead))
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
    Self.model(
      name, "Functional", items.map { Self.layer($0) },
      inputs: items.filter(\.inputs.isEmpty).map(\.name), output: output)
  }

  /// The definition of a model that has the layers in a model within it, and its head beside that.
  ///
  /// - Parameters:
  ///   - inner: the name of the model within.
  ///   - group: its class in the file, in small letters, and its number among those of its class.
  func json(
    named name: String, within inner: String, group: (className: String, number: Int)
  ) -> JSON {
    let className = group.className.split(separator: "_").map(\.capitalized).joined()
    let layers = items.filter { !$0.isHead }
    // The last layer of the inner model is read by the head, or leaves.
    let output = layers[layers.count - 1].name
    func within(_ name: String, _ layers: [Item], input: String?) -> JSON {
      let model = Self.model(
        name, className, layers.map { Self.layer($0) },
        inputs: layers.filter(\.inputs.isEmpty).map(\.name), output: layers[layers.count - 1].name)
      return model.adding([
        .init("name", .string(name)),
        .init("inbound_nodes", .array(input.map { [.array([Self.value($0)])] } ?? [])),
      ])
    }
    let images = layers.first { $0.inputs.isEmpty }
    let input = Item(
      name: "\(inner)_images", className: "InputLayer", settings: images?.settings ?? [], inputs: []
    )
    var outer = [Self.layer(input)]
    // Models without weights take numbers, too.
    for number in 0..<group.number {
      var only = input
      only.name = "\(inner)_before_\(number)_images"
      outer.append(within("\(inner)_before_\(number)", [only], input: nil))
    }
    outer.append(within(inner, layers, input: input.name))
    let head = items.filter(\.isHead)
    for item in head {
      var item = item
      item.inputs = item.inputs.map { $0 == output ? inner : $0 }
      outer.append(Self.layer(item))
    }
    return Self.model(
      name, "Functional", outer, inputs: [input.name], output: head.last?.name ?? inner)
  }

  private static func value(_ name: String) -> JSON {
    .array([.string(name), .integer(0), .integer(0)])
  }

  private static func layer(_ item: Item) -> JSON {
    .object([
      .init("class_name", .string(item.className)), .init("name", .string(item.name)),
      .init("config", .object([.init("name", .string(item.name))] + item.settings)),
      .init(
        "inbound_nodes",
        item.inputs.isEmpty ? .array([]) : .array([.array(item.inputs.map(value))])),
    ])
  }

  private static func model(
    _ name: String, _ className: String, _ layers: [JSON], inputs: [String], output: String
  ) -> JSON {
    .object([
      .init("class_name", .string(className)),
      .init(
        "config",
        .object([
          .init("name", .string(name)), .init("layers", .array(layers)),
          .init("input_layers", .array(inputs.map(value))),
          .init("output_layers", .array([value(output)])),
        ])),
    ])
  }
}

extension JSON {
  /// An object with more members.
  fileprivate func adding(_ members: [Member]) -> JSON {
    guard case .object(let own) = self else { return self }
    return .object(own + members)
  }
}

extension Substring {
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
