internal import ModelGraph
internal import TensorCore

/// A network reduced to the layers that make it what it is, with what lies between them as links.
///
/// Frameworks agree on convolutions, sums and activations, and differ in what they write around
/// them: batch normalization in one layer or two, padding in a layer of its own or in the window, a
/// flattening or none. The former are cores, the latter links on the way from core to core.
struct CoreGraph {
  /// What a link does to the value it hands on.
  enum LinkKind {
    /// A factor and an addend for each channel.
    case affine
    /// The same elements, or some of them.
    case moving
    /// Zeros around an image.
    case padding
  }

  /// A layer between two cores.
  struct Link {
    let node: Node
    let kind: LinkKind
  }

  /// Where a core has an input from.
  struct Source {
    /// The core whose output it is.
    let core: Int
    /// Which of its outputs.
    let output: Int
    /// What lies between, first to last.
    let links: [Link]
    /// The core's own value.
    let value: String

    var affines: [Node] { links.filter { $0.kind == .affine }.map(\.node) }
    /// The value that enters, before zeros are put around it.
    var end: String {
      links.last { $0.kind != .padding }?.node.outputs[0] ?? value
    }
  }

  /// Which cores can be the same thing.
  enum Family: Hashable {
    case input, output
    /// A sum of products with weights, or what it can stand for.
    case product
    case pooling, combination, activation, concatenation, slice, permutation, softmax
    case localNormalization
  }

  /// A core; the network's outputs are cores without a layer.
  struct Core {
    let name: String
    let family: Family
    let node: Node?
    let sources: [Source]
  }

  private(set) var cores: [Core] = []
  /// The cores that read each core, in order.
  private(set) var readers: [[Int]] = []

  init(_ network: Network) {
    var origins: [String: Source] = [:]
    for node in network.nodes {
      let sources = node.inputs.map { origins[$0]! }  // made by an earlier node: checked in init
      switch Role(of: node) {
      case .link(let kind):
        let source = sources[0]
        origins[node.outputs[0]] = Source(
          core: source.core, output: source.output,
          links: source.links + [Link(node: node, kind: kind)], value: source.value)
      case .core(let family):
        let index = append(Core(name: node.name, family: family, node: node, sources: sources))
        for (output, value) in node.outputs.enumerated() {
          origins[value] = Source(core: index, output: output, links: [], value: value)
        }
      }
    }
    for value in network.outputs {
      append(Core(name: value, family: .output, node: nil, sources: [origins[value]!]))
    }
  }

  @discardableResult private mutating func append(_ core: Core) -> Int {
    let index = cores.count
    cores.append(core)
    readers.append([])
    for source in core.sources where readers[source.core].last != index {
      readers[source.core].append(index)
    }
    return index
  }
}

extension CoreGraph {
  private enum Role {
    case core(Family)
    case link(LinkKind)

    init(of node: Node) {
      switch node.layer {
      case .input: self = .core(.input)
      case .convolution(let layer):
        self = layer.isAffine ? .link(.affine) : .core(.product)
      case .fullyConnected: self = .core(.product)
      case .batchNormalization: self = .link(.affine)
      case .scale(let layer): self = layer.scale == nil ? .core(.combination) : .link(.affine)
      case .bias(let layer): self = layer.bias == nil ? .core(.combination) : .link(.affine)
      case .activation(let function):
        self = function.affine == nil ? .core(.activation) : .link(.affine)
      case .prelu: self = .core(.activation)
      case .pooling(let layer):
        self = layer.kernel == Extent(1) ? .link(.moving) : .core(.pooling)
      case .globalPooling: self = .core(.pooling)
      case .elementwise: self = .core(.combination)
      case .concatenation: self = .core(.concatenation)
      case .slice, .crop: self = .core(.slice)
      case .zeroPadding(let layer):
        self =
          layer.channelsBefore == 0 && layer.channelsAfter == 0 && layer.value == 0
          ? .link(.padding) : .core(.product)
      case .flatten, .reshape, .passThrough: self = .link(.moving)
      case .permutation: self = .core(.permutation)
      case .softmax: self = .core(.softmax)
      case .localResponseNormalization: self = .core(.localNormalization)
      }
    }
  }
}

extension Layer.Convolution {
  /// Whether it is a factor and an addend for each channel, as some writers have them.
  fileprivate var isAffine: Bool {
    kernel.shape.rank == 4 && kernel.shape.elementCount(from: 1) == 1 && groups > 1
      && kernel.shape[0] == groups && padding == .none
  }
}
