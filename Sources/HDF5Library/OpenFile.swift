internal import CHDF5
internal import Files
internal import HDF5
internal import TensorCore

/// The bytes of a file, opened by the library in memory, where they are: nothing is copied and no
/// path is opened.
final class OpenFile {
  let bytes: Bytes
  /// The bytes before the ones that HDF5 counts from.
  let userBlockByteCount: Int
  private let handle: Handle

  /// Opens the bytes of a file.
  ///
  /// - Parameter number: another one for each file that was ever opened.
  init(_ file: InputFile, number: Int) throws(FormatError) {
    bytes = file.bytes
    guard bytes.count > 0 else {
      throw FormatError(.badModel, "expected an HDF5 file, found an empty file")
    }
    let access = try OpenFile.access(to: bytes)
    // The library tries to open a file of the name it is given, and goes on if there is none.
    let name = "/dev/null/\(number)"
    guard let opened = Handle(H5Fopen(name, chdf5_read_only, access.id), closedBy: H5Fclose),
      let creation = Handle(H5Fget_create_plist(opened.id), closedBy: H5Pclose)
    else { throw Library.fault("an HDF5 file") }
    var userBlock: hsize_t = 0
    guard H5Pget_userblock(creation.id, &userBlock) >= 0, userBlock <= bytes.count else {
      throw Library.fault("an HDF5 file")
    }
    userBlockByteCount = Int(userBlock)
    handle = opened
  }

  /// The properties that make the library read memory which it neither copies nor frees.
  private static func access(to bytes: Bytes) throws(FormatError) -> Handle {
    // SAFETY: a file that is opened for reading is not written to; `bytes` outlives it.
    let image = bytes.withUnsafeBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress) }
    var callbacks = H5FD_file_image_callbacks_t(
      image_malloc: { _, _, image in image },
      image_memcpy: { image, _, _, _, _ in image },
      image_realloc: { _, _, _, _ in nil },
      image_free: { _, _, _ in 0 },
      udata_copy: { $0 }, udata_free: { _ in 0 }, udata: image)
    guard let access = Handle(H5Pcreate(chdf5_file_access()), closedBy: H5Pclose),
      H5Pset_fapl_core(access.id, 1 << 20, false) >= 0,
      H5Pset_file_image_callbacks(access.id, &callbacks) >= 0,
      H5Pset_file_image(access.id, image, bytes.count) >= 0,
      H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) >= 0
    else { throw FormatError(.inputOutput, "libhdf5 cannot read from memory") }
    return access
  }

  /// The root group.
  func root() throws(FormatError) -> OpenObject {
    guard let root = Handle(H5Oopen(handle.id, "/", 0), closedBy: H5Oclose) else {
      throw Library.fault("a sound group", at: "/")
    }
    let address = chdf5_address(root.id)
    return OpenObject(handle: root, address: address, kind: .group)
  }

  /// The object at an address that a hard link gave.
  func object(at address: haddr_t, path: String) throws(FormatError) -> OpenObject {
    guard let object = Handle(H5Oopen_by_addr(handle.id, address), closedBy: H5Oclose) else {
      throw Library.fault("a sound object", at: path)
    }
    let kind: HDF5File.Kind =
      switch H5Iget_type(object.id) {
      case H5I_GROUP: .group
      case H5I_DATASET: .dataset
      default: .namedType
      }
    return OpenObject(handle: object, address: address, kind: kind)
  }

  /// An offset in the file, of an address that does not count the user block.
  func offset(of address: haddr_t, path: String) throws(FormatError) -> Int {
    guard address <= bytes.count - userBlockByteCount else {
      throw FormatError(
        at: .object(path), "expected an offset in \(bytes.count) bytes, found \(address)")
    }
    return Int(address) + userBlockByteCount
  }

  /// The address of a dataset that was listed.
  func address(of dataset: HDF5File.Dataset) -> haddr_t {
    haddr_t(dataset.headerOffset - userBlockByteCount)
  }
}
