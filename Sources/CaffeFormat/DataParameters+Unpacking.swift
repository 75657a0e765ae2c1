internal import CModelSchemas
internal import ModelGraph
internal import Protobuf

extension DataParameters {
  /// What a layer that loads data says about its images.
  init(type: String, _ messages: ParameterMessages) {
    if let message = messages.transform { transform = Transform(message.pointee) }
    switch type {
    case "Data":
      if messages.hasLegacyTransform, let data = messages.data?.pointee {
        transform.upgrade(
          scale: data.has_scale != 0 ? data.scale : nil, meanFile: data.mean_file,
          cropSize: data.has_crop_size != 0 ? data.crop_size : nil)
      }
    case "ImageData":
      let data = given(
        messages.imageData, caffe__image_data_parameter__init, Caffe__ImageDataParameter())
      if messages.hasLegacyTransform {
        transform.upgrade(
          scale: data.has_scale != 0 ? data.scale : nil, meanFile: data.mean_file,
          cropSize: data.has_crop_size != 0 ? data.crop_size : nil)
      }
      channels = data.is_color != 0 ? 3 : 1
      if data.new_height > 0, data.new_width > 0 {
        size = Extent(height: Int(data.new_height), width: Int(data.new_width))
      }
    case "WindowData":
      if messages.hasLegacyTransform, let data = messages.windowData?.pointee {
        transform.upgrade(
          scale: data.has_scale != 0 ? data.scale : nil, meanFile: data.mean_file,
          cropSize: data.has_crop_size != 0 ? data.crop_size : nil)
      }
      channels = 3
    case "MemoryData":
      if let data = messages.memoryData?.pointee {
        shape = [Int(data.batch_size), Int(data.channels), Int(data.height), Int(data.width)]
      }
    case "DummyData":
      guard let data = messages.dummyData?.pointee else { break }
      let legacy = [
        numbers(data.num, data.n_num), numbers(data.channels, data.n_channels),
        numbers(data.height, data.n_height), numbers(data.width, data.n_width),
      ].compactMap(\.first)
      shape = elements(data.shape, data.n_shape).first.map(extents) ?? legacy
    default: break  // HDF5Data says nothing.
    }
    if let message = messages.transform?.pointee {
      if message.force_color != 0 { channels = 3 }
      if message.force_gray != 0 { channels = 1 }
    }
  }
}

extension DataParameters.Transform {
  fileprivate init(_ message: Caffe__TransformationParameter) {
    scale = Double(message.scale)
    means = numbers(message.mean_value, message.n_mean_value)
    meanFile = message.mean_file.map { String(cString: $0) }
    cropSize = Int(message.crop_size)
  }

  /// Takes over what data layers held themselves until 2014, as Caffe does: theirs outweighs.
  fileprivate mutating func upgrade(
    scale: Float?, meanFile: UnsafeMutablePointer<CChar>?, cropSize: UInt32?
  ) {
    if let scale { self.scale = Double(scale) }
    if let meanFile { self.meanFile = String(cString: meanFile) }
    if let cropSize { self.cropSize = Int(cropSize) }
  }
}
