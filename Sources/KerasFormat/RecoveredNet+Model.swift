internal import JSON

extension RecoveredNet {
  /// The layers as a model.
  func model(named name: String) -> KerasModel {
    KerasModel(named: name, items, path: "")
  }

  /// A model that has the layers in a model within it, and its head beside that.
  ///
  /// - Parameters:
  ///   - inner: the name of the model within.
  ///   - group: its class in the file, in small letters, and its number among those of its class.
  ///   - head: the layers that are beside it, by their names.
  func model(
    named name: String, within inner: String, group: (className: String, number: Int),
    head: Set<String>
  ) -> KerasModel {
    let className = group.className.split(separator: "_").map(\.capitalized).joined()
    let layers = items.filter { !head.contains($0.name) }
    let last = layers[layers.count - 1].name
    let settings = layers.first { $0.inputs.isEmpty }?.settings ?? []
    func images(_ name: String) -> Item {
      Item(name: name, className: "InputLayer", settings: settings, inputs: [])
    }
    // The last layer of the inner model is read by the head, or leaves.
    let outer =
      [images("\(inner)_images")]
      + items.filter { head.contains($0.name) }.map { item in
        var item = item
        item.inputs = item.inputs.map { $0 == last ? inner : $0 }
        return item
      }
    func within(_ name: String, _ layers: [Item]) -> KerasLayer {
      KerasLayer(
        name: name, path: name, className: className, type: .model,
        settings: Settings(.object([]), of: name), calls: [],
        model: KerasModel(named: name, layers, path: name + "/"))
    }
    // Models without weights take numbers, too.
    let before = (0..<group.number).map { number in
      let name = "\(inner)_before_\(number)"
      return within(name, [images("\(name)_images")])
    }
    var model = KerasModel(
      named: name, outer, path: "", others: before + [within(inner, layers)], reading: outer[0].name
    )
    if outer.count == 1 {
      model.outputs = [.init(layer: before.count + 1, call: 0, output: 0)]
    }
    return model
  }
}

extension KerasModel {
  /// A model of layers, the last of which leaves.
  ///
  /// - Parameters:
  ///   - path: the names of the models around it, `/` behind each.
  ///   - others: layers behind the first; the last of them is called.
  ///   - reading: the layer that it reads.
  fileprivate init(
    named name: String, _ items: [RecoveredNet.Item], path: String, others: [KerasLayer] = [],
    reading: String? = nil
  ) {
    var layers = items.map { KerasLayer($0, path: path) }
    layers.insert(contentsOf: others, at: min(1, layers.count))
    var numbers: [String: Int] = [:]
    for (index, layer) in layers.enumerated() { numbers[layer.name] = index }
    func value(_ name: String) -> Reference {
      Reference(layer: numbers[name]!, call: 0, output: 0)  // items read only layers that are here
    }
    for item in items { layers[numbers[item.name]!].calls = [item.inputs.map(value)] }  // as above
    if let reading, let last = others.last {
      layers[numbers[last.name]!].calls = [[value(reading)]]  // as above
    }
    self.init(
      name: name, layers: layers, inputs: items.filter(\.inputs.isEmpty).map { value($0.name) },
      outputs: [Reference(layer: layers.count - 1, call: 0, output: 0)])
  }
}

extension KerasLayer {
  fileprivate init(_ item: RecoveredNet.Item, path: String) {
    self.init(
      name: item.name, path: path + item.name, className: item.className,
      type: LayerClass(named: item.className, module: nil),
      settings: Settings(.object(item.settings), of: path + item.name), calls: [])
  }
}

extension Substring {
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
