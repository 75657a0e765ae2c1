internal import Kernels
internal import Runtime
internal import TensorCore

extension ValueResponses {
  /// Elements that are worth a task of their own.
  private static let taskSize = 16_384

  /// Adds the images of a run, on its threads.
  mutating func add(_ observed: ObservedValue, by table: KernelTable) {
    let planes = Planes(of: observed)
    if channels.isEmpty {
      channels = Array(repeating: ChannelStatistics(), count: planes.channelCount)
    }
    precondition(channels.count == planes.channelCount, "\(value) has other channels than before")
    let blocks = (planes.channelCount + KernelTable.laneCount - 1) / KernelTable.laneCount
    let tasks = max(1, min(observed.elements.count / Self.taskSize, blocks))
    channels.withUnsafeMutableBufferPointer { channels in
      observed.share(taskCount: tasks) { task, _ in
        for block in blocks * task / tasks..<blocks * (task + 1) / tasks {
          // SAFETY: no other task has this block's channels; all are done when `share` returns.
          planes.add(block: block, to: channels, by: table)
        }
      }
    }
  }
}

/// The planes of a value, in the layout they lie in.
private struct Planes {
  let imageCount: Int
  let channelCount: Int
  /// Elements of a channel of an image.
  let pixels: Int
  let elements: UnsafeBufferPointer<Float>
  let layout: Layout

  private static let lanes = KernelTable.laneCount

  init(of observed: ObservedValue) {
    let shape = observed.shape
    imageCount = shape.rank > 1 ? shape[0] : 1
    channelCount = shape.rank > 1 ? shape[1] : 1
    pixels = shape.elementCount / max(imageCount * channelCount, 1)
    elements = observed.elements
    layout = observed.layout
  }

  /// Adds 16 channels, or those that are left, of all images.
  func add(
    block: Int, to channels: UnsafeMutableBufferPointer<ChannelStatistics>, by table: KernelTable
  ) {
    let first = block * Self.lanes
    let live = first..<min(first + Self.lanes, channelCount)
    for image in 0..<imageCount {
      switch layout {
      case .blocked:
        let blocks = (channelCount + Self.lanes - 1) / Self.lanes
        let start = (image * blocks + block) * pixels * Self.lanes
        add(rows: start..<start + pixels * Self.lanes, live, to: channels, by: table)
      case .plain where pixels == 1 && live.count == Self.lanes:
        let start = image * channelCount + first
        add(rows: start..<start + Self.lanes, live, to: channels, by: table)
      case .plain:
        for channel in live {
          let start = (image * channelCount + channel) * pixels
          add(plane: start..<start + pixels, to: &channels[channel], by: table)
        }
      }
    }
  }

  /// Adds rows in which each lane is a channel.
  private func add(
    rows: Range<Int>, _ live: Range<Int>,
    to channels: UnsafeMutableBufferPointer<ChannelStatistics>, by table: KernelTable
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.lanes) { origins in
      for lane in 0..<Self.lanes {
        origins[lane] =
          lane < live.count
          ? channels[live.lowerBound + lane].origin(before: elements[rows.lowerBound + lane]) : 0
      }
      table.measure(
        UnsafeBufferPointer(rebasing: elements[rows]), around: UnsafeBufferPointer(origins)
      ) { lane, moments in
        guard lane < live.count else { return }
        let channel = live.lowerBound + lane
        if moments.squares.isFinite {
          channels[channel].add(moments, around: origins[lane])
        } else {
          let places = stride(from: rows.lowerBound + lane, to: rows.upperBound, by: Self.lanes)
          channels[channel].add(places.lazy.map { elements[$0] }, around: origins[lane])
        }
      }
    }
  }

  /// Adds the plane of one channel, 16 elements at a time.
  private func add(
    plane: Range<Int>, to channel: inout ChannelStatistics, by table: KernelTable
  ) {
    guard let start = plane.first else { return }
    let origin = channel.origin(before: elements[start])
    let whole = plane.count / Self.lanes * Self.lanes
    var moments = Moments()
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.lanes) { origins in
      origins.initialize(repeating: origin)
      table.measure(
        UnsafeBufferPointer(rebasing: elements[start..<start + whole]),
        around: UnsafeBufferPointer(origins)
      ) { _, lane in moments.add(lane) }
    }
    for place in start + whole..<plane.upperBound { moments.add(elements[place], around: origin) }
    if moments.squares.isFinite {
      channel.add(moments, around: origin)
    } else {
      channel.add(elements[plane], around: origin)
    }
  }
}
