public import Files
public import ModelGraph
public import TensorCore

/// Inputs and the values another engine computed from them.
///
/// The contract: `input` is the network's input (a network with several has one array under each
/// input's name) and `output` its last output (`output_` and a word: the
/// same by another engine); any other array carries the name of a value of the
/// network and holds the value right after that layer. `logits` is what enters the last softmax. A
/// name ending in `64` is the same value in float64 and replaces its twin; `name#first12ch` holds
/// the first 12 channels. An array with a shorter batch belongs to the first images.
public struct Fixture: Sendable {
  /// What another engine says a value is.
  public struct Golden: Sendable {
    /// The array's name in the fixture.
    public let array: String
    /// The value of the network it is about.
    public let value: String
    /// The elements, NCHW: the first images and the first channels of the value.
    public let tensor: Tensor
    /// The shape of the part of the value it covers; differs from the tensor's by extents of 1.
    public let shape: Shape
  }

  /// The inputs by name, NCHW.
  public let inputs: [String: Tensor]
  /// What is compared, in topological order of the values.
  public let goldens: [Golden]
  /// Arrays that match no value of the network, with the reason: each is a failure.
  public let unmatched: [(array: String, reason: String)]
  /// The values the fixture speaks of, matched or not.
  public var valueCount: Int { Set(goldens.map(\.value)).count + unmatched.count }

  /// Resolves the arrays of one or several files against a model.
  ///
  /// - Parameter layout: how images are laid out where the shapes allow both; nil: as the
  ///   framework the model comes from does.
  /// - Throws: `FormatError` if an input is missing or does not fit the network.
  public init(
    arrays: [(name: String, tensor: Tensor)], for model: Model, layout: ArrayLayout? = nil
  ) throws(FormatError) {
    let network = model.network
    let resolver = FixtureResolver(
      network: network, layout: layout ?? model.provenance.arrayLayout)
    inputs = try resolver.inputs(arrays)
    let shapes: [String: Shape]
    do {
      shapes = try network.shapes(for: inputs.mapValues(\.shape))
    } catch {
      throw FormatError(at: .object("input"), error.description)
    }
    var found: [Golden] = []
    var unmatched: [(array: String, reason: String)] = []
    for (name, tensor) in arrays where !resolver.isInput(name) {
      switch resolver.golden(name, tensor, shapes: shapes) {
      case .success(let golden): found.append(golden)
      case .failure(let mismatch): unmatched.append((name, mismatch.reason))
      }
    }
    // A float64 array speaks for its value wherever it covers as much as the others.
    let exact = found.filter { $0.tensor.elementType == .float64 }
    found.removeAll { golden in
      golden.tensor.elementType != .float64
        && exact.contains {
          $0.value == golden.value
            && zip($0.shape.dimensions, golden.shape.dimensions).allSatisfy { $0 >= $1 }
        }
    }
    goldens = Fixture.sorted(found, in: network)
    self.unmatched = unmatched
  }

  /// A fixture whose arrays were found to be other values than their names say.
  init(
    inputs: [String: Tensor], goldens: [Golden], unmatched: [(array: String, reason: String)],
    in network: Network
  ) {
    self.inputs = inputs
    self.goldens = Fixture.sorted(goldens, in: network)
    self.unmatched = unmatched
  }

  /// In topological order of the values; those of one value stay as they are.
  private static func sorted(_ goldens: [Golden], in network: Network) -> [Golden] {
    let order = Dictionary(
      network.nodes.flatMap(\.outputs).enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    return goldens.enumerated().sorted {
      (order[$0.element.value]!, $0.offset) < (order[$1.element.value]!, $1.offset)
    }.map(\.element)
  }
}
