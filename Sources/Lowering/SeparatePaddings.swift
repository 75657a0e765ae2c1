public import Files
public import ModelGraph

/// Parts layers that pad into a cut, zeros around the image, and zeros for channels, in this order.
public struct SeparatePaddings: LoweringPass {
  /// A pass.
  public init() {}

  /// One layer for each of the three that there is.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .zeroPadding(let layer) = node.layer else { return [node] }
    let cut = layer.spatial.map { min($0, 0) }
    let zeros = layer.spatial.map { max($0, 0) }
    let hasChannels = layer.channelsBefore + layer.channelsAfter > 0
    let space = hasChannels ? "_space" : ""
    var parts: [(suffix: String, layer: Layer.ZeroPadding)] = []
    if cut != .none {
      parts.append((zeros == .none ? space : "\(space)_crop", layer.with(spatial: cut)))
    }
    if zeros != .none { parts.append((space, layer.with(spatial: zeros))) }
    if hasChannels {
      var channels = layer
      channels.spatial = .none
      parts.append(("", channels))
    }
    guard parts.count > 1 else { return [node] }
    var (made, input) = ([Node](), node.inputs[0])
    for (suffix, part) in parts.dropLast() {
      let name = rewriting.newName(node.name + suffix, for: node)
      made.append(Node(name, .zeroPadding(part), inputs: [input]))
      input = name
    }
    var last = node
    last.layer = .zeroPadding(parts[parts.count - 1].layer)
    last.inputs = [input]
    return made + [last]
  }
}

extension Layer.ZeroPadding {
  /// The same around an image alone.
  fileprivate func with(spatial: Padding) -> Layer.ZeroPadding {
    Layer.ZeroPadding(spatial: spatial, value: value)
  }
}

extension Padding {
  /// The padding with each number changed.
  fileprivate func map(_ change: (Int) -> Int) -> Padding {
    Padding(top: change(top), left: change(left), bottom: change(bottom), right: change(right))
  }
}
