public import ModelGraph
public import TensorCore

/// What the arrays of a fixture are about where their names mislead.
///
/// A name changes its meaning when a model moves to another framework: `bn_conv1` of Caffe is a
/// batch normalization without its scale and with it in Keras, `conv1` of Keras may have its
/// activation in it. A fixture knows names only. So where the value of a name is far off, the array
/// is looked for among what belongs to the same convolution, and an array whose name the network
/// does not have among all its values. What is found is then compared within the usual bounds. An
/// array that is another value of the network number by number is that value; where the network is
/// wrong, no value is like the array, and its output is not as it should be, which always counts.
public struct FixtureMeaning: Sendable {
  /// The network, with the values that only the other framework has a name for.
  public private(set) var network: Network
  /// The fixture, each array about the value it is like.
  public private(set) var fixture: Fixture
  /// What was found: one sentence each.
  public private(set) var notes: [String]

  /// What an array may be off to be called the value of its name, relative to the whole.
  private static let far = 1e-2
  /// What an array may be off to be called another value.
  private static let near = 1e-3

  /// Runs the network once and finds what each array is about.
  ///
  /// - Parameter arrays: those the fixture was made from.
  /// - Throws: `NetworkError` where the inputs do not fit.
  public init(
    of fixture: Fixture, arrays: [(name: String, tensor: Tensor)], in model: Model,
    layout: ArrayLayout? = nil, engine: Engine
  ) throws(NetworkError) {
    let network = model.network
    (self.network, self.fixture, notes) = (network, fixture, [])
    let hidden = network.hiddenValues()
    let whole = try network.inserting(hidden)
    // What is unmatched by name may be like any value; it may also just not fit in shape.
    let resolver = FixtureResolver(
      network: whole, layout: layout ?? model.provenance.arrayLayout)
    let shapes = try whole.shapes(for: fixture.inputs.mapValues(\.shape))
    var searches: [Search] = []
    func add(_ array: String, natural: String?, among values: some Sequence<String>) {
      guard let tensor = arrays.first(where: { $0.name == array })?.tensor else { return }
      let candidates = values.compactMap {
        resolver.golden(array, tensor, as: $0, shapes: shapes)
      }
      searches.append(Search(array: array, natural: natural, candidates))
    }
    // Whatever their names, outputs are what the network is for.
    for golden in fixture.goldens where !FixtureResolver.isRole(golden.array) {
      let neighbours = network.neighbours(of: golden.value, hidden)
      guard !neighbours.isEmpty else { continue }
      add(golden.array, natural: golden.value, among: neighbours.union([golden.value]))
    }
    let computed = whole.nodes.filter { !$0.inputs.isEmpty }.flatMap(\.outputs)
    for (array, _) in fixture.unmatched where !FixtureResolver.isRole(array) {
      add(array, natural: nil, among: computed)
    }
    guard !searches.isEmpty else { return }
    let wanted = searches.reduce(into: Set()) { $0.formUnion($1.values) }
    try engine.run(whole, inputs: fixture.inputs, observing: wanted) { name, tensor in
      for index in searches.indices { searches[index].look(at: name, tensor) }
    }
    var notes: [String] = []
    var goldens = fixture.goldens
    var unmatched = fixture.unmatched
    var inserted: Set<String> = []
    let last = network.outputs.last
    for search in searches {
      guard let found = search.found(far: Self.far, near: Self.near) else { continue }
      // The only word on what the network gives must be about that.
      let isLastWord = fixture.goldens.filter { $0.value == last }.map(\.array) == [found.array]
      guard !isLastWord else { continue }
      goldens.removeAll { $0.array == found.array }
      unmatched.removeAll { $0.array == found.array }
      goldens.append(found)
      inserted.insert(found.value)
      notes.append("\(found.array): compared with \(found.value), which it is by its numbers")
    }
    guard !notes.isEmpty else { return }
    self.notes = notes
    self.network = try network.inserting(hidden.filter { inserted.contains($0.node.name) })
    self.fixture = Fixture(
      inputs: fixture.inputs, goldens: goldens, unmatched: unmatched, in: self.network)
  }
}

/// Looks for the value that an array is like.
private struct Search {
  let array: String
  /// The array as each value it may be.
  let candidates: [String: Fixture.Golden]
  /// The value of the array's name.
  let natural: String?
  private var best: (value: String, distance: Double)?
  private var naturalDistance = Double.infinity

  var values: Set<String> { Set(candidates.keys) }

  init(array: String, natural: String?, _ candidates: [Fixture.Golden]) {
    self.array = array
    self.natural = natural
    self.candidates = Dictionary(candidates.map { ($0.value, $0) }) { first, _ in first }
  }

  mutating func look(at name: String, _ tensor: Tensor) {
    guard let golden = candidates[name] else { return }
    let expected = golden.tensor.doubles
    // Zeros are like any other zeros.
    guard expected.contains(where: { $0 != 0 }) else { return }
    let part = FixtureVerification.part(golden.shape, of: tensor.doubles, tensor.shape)
    let deviation = Deviation(found: part, expected: expected)
    let distance = deviation.relativeL2.isNaN ? .infinity : deviation.relativeL2
    if name == natural { naturalDistance = distance }
    if distance < best?.distance ?? .infinity { best = (name, distance) }
  }

  func found(far: Double, near: Double) -> Fixture.Golden? {
    guard let best, best.value != natural, best.distance < near else { return nil }
    guard natural == nil || naturalDistance > far else { return nil }
    return candidates[best.value]
  }
}
