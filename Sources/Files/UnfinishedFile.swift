internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension OutputFile {
  /// Removes the temporaries that have a name, because the process is about to end by a signal.
  ///
  /// Safe in a signal handler: it allocates nothing and takes no lock. Most file systems know files
  /// without a name; then there is nothing to remove.
  public static func removeUnfinished() { UnfinishedFile.removeAll() }
}

/// A temporary with a name, known to the signal handler until it is renamed or removed.
struct UnfinishedFile {
  private let folder: Folder
  private let entry: Entry

  /// One that is not in use; hidden, and free of anything the user chose.
  static func randomName() -> String {
    ".resnet-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp"
  }

  /// A temporary of that name, which exists or will in a moment.
  init(named name: String, in folder: Folder, isFolder: Bool = false) {
    self.folder = folder
    entry = Entry.add(name: name, folder: folder.descriptor, isFolder: isFolder)
  }

  /// Its name in its folder.
  var name: UnsafePointer<CChar> { UnsafePointer(entry.name) }

  /// The same, for a message.
  var fileName: String { String(cString: name) }

  /// Gives it its final name; whether that worked, otherwise `errno` says why not.
  func rename(to final: String) -> Bool {
    guard renameat(folder.descriptor, name, folder.descriptor, final) == 0 else { return false }
    forget()
    return true
  }

  /// Removes it.
  func remove() {
    entry.unlink()
    forget()
  }

  /// It does not exist, or is finished.
  func forget() { entry.isActive.store(false, ordering: .releasing) }

  static func removeAll() { Entry.removeAll() }
}

/// An entry of a list that only grows: a signal handler can walk it at any moment.
private final class Entry: Sendable {
  // SAFETY: written before the entry is in the list, never after, and never freed.
  nonisolated(unsafe) let name: UnsafeMutablePointer<CChar>
  let folder: Int32
  let isFolder: Bool
  let isActive = Atomic(true)
  let next: Unmanaged<Entry>?

  private static let first = Atomic<Unmanaged<Entry>?>(nil)

  private init(name: String, folder: Int32, isFolder: Bool, next: Unmanaged<Entry>?) {
    self.name = strdup(name)
    self.folder = folder
    self.isFolder = isFolder
    self.next = next
  }

  static func add(name: String, folder: Int32, isFolder: Bool) -> Entry {
    while true {
      let next = first.load(ordering: .acquiring)
      let entry = Entry(name: name, folder: folder, isFolder: isFolder, next: next)
      let reference = Unmanaged.passRetained(entry)
      if first.compareExchange(expected: next, desired: reference, ordering: .releasing).exchanged {
        return entry
      }
      reference.release()
    }
  }

  func unlink() { unlinkat(folder, name, isFolder ? AT_REMOVEDIR : 0) }

  /// The newest first: a folder after what was put into it.
  static func removeAll() {
    var reference = first.load(ordering: .acquiring)
    while let entry = reference?.takeUnretainedValue() {
      if entry.isActive.load(ordering: .acquiring) { entry.unlink() }
      reference = entry.next
    }
  }
}
