internal import CModelSchemas
internal import Protobuf

extension MessageSchema {
  /// The message of a whole network.
  static var net: MessageSchema {
    var message = Caffe__NetParameter()
    caffe__net_parameter__init(&message)
    return MessageSchema(of: message.base)
  }

  /// The message of one layer.
  static var layer: MessageSchema {
    var message = Caffe__LayerParameter()
    caffe__layer_parameter__init(&message)
    return MessageSchema(of: message.base)
  }

  /// The message of one tensor.
  static var blob: MessageSchema {
    var message = Caffe__BlobProto()
    caffe__blob_proto__init(&message)
    return MessageSchema(of: message.base)
  }
}
