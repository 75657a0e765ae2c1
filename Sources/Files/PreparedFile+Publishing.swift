#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension PreparedFile {
  /// Gives the file its name, at once and whole.
  ///
  /// - Throws: `FormatError` of kind `cannotCreate` if meanwhile a file of that name exists and may
  ///   not be replaced, `inputOutput` for anything else, an input that has changed included. If the
  ///   folder cannot be forced to disk, the file is there, but a power failure may take it away.
  public func publish() throws(FormatError) { try Self.publish([self]) }

  /// Gives several files their names: all of them, or none.
  ///
  /// If one cannot have its name, those before it are taken back: what was replaced returns, what
  /// was not there is gone again. No system names several files at once, though: until the last has
  /// its name, others see the first ones new and the rest as they were. A signal that would end the
  /// process waits for the last; SIGKILL and a power failure do not: then each file is whole, some
  /// new, some old, and there can be hidden files `.resnet-*.tmp` beside them, with contents that
  /// are new or were replaced; and in a folder that knows no links, an empty file where none was.
  /// Such a folder cannot keep what is replaced: several files are not written over others there.
  ///
  /// - Throws: as `publish()`; and of kind `refused` if two files would have one name. If what was
  ///   replaced cannot return either, the error says where it is.
  public static func publish(_ files: [PreparedFile]) throws(FormatError) {
    try refuseSharedNames(files)
    for file in files { try file.output.checkInputs() }
    try Publishing.withSignalsHeld { () throws(FormatError) in try name(files) }
    for file in files { try file.output.folder.synchronize(of: file.path) }
  }

  private static func name(_ files: [PreparedFile]) throws(FormatError) {
    // What may fail and can be undone without a trace comes first.
    for (index, file) in files.enumerated() {
      try file.makeReady(keepingReplaced: index < files.count - 1)
    }
    for (index, file) in files.enumerated() {
      do {
        try file.takeName()
      } catch {
        throw files[..<index].reversed().reduce(error) { $1.withdraw(because: $0) }
      }
    }
    for file in files { file.drop() }
  }

  private static func refuseSharedNames(_ files: [PreparedFile]) throws(FormatError) {
    for (index, file) in files.enumerated() {
      for other in files[..<index] where other.output.isSameEntry(as: file.output) {
        throw FormatError(
          .refused, file: file.path, "is two outputs of this command; name another one")
      }
    }
  }

  /// Whether the file takes the place of one that was there before.
  private var isReplacing: Bool { output.replaced != nil }

  /// Gives the file and what it replaces the private names that `takeName` and `withdraw` need.
  private func makeReady(keepingReplaced: Bool) throws(FormatError) {
    precondition(descriptor >= 0, "\(path) was published before")
    guard isReplacing else { return }
    // Only a name can be renamed.
    if temporary == nil {
      temporary = try privateName(attempt: "cannot name the finished file") { link(as: $0) }
    }
    if keepingReplaced {
      let folder = output.folder.descriptor
      kept = try privateName(attempt: "cannot keep the old file") {
        linkat(folder, name, folder, $0, 0) == 0
      }
    }
  }

  /// A new hidden name, made by `create`, which leaves its failure in `errno`.
  private func privateName(
    attempt: String, _ create: (String) -> Bool
  ) throws(FormatError) -> UnfinishedFile {
    let name = UnfinishedFile.randomName()
    // Known before it exists: a signal may come between.
    let unfinished = UnfinishedFile(named: name, in: output.folder)
    guard create(name) else {
      let code = errno
      unfinished.forget()
      throw .system(.inputOutput, file: path, attempt, code)
    }
    return unfinished
  }

  private func takeName() throws(FormatError) {
    guard isReplacing else { return try appear() }
    guard temporary!.rename(to: name) else {  // made ready
      throw .system(.inputOutput, file: path, "cannot replace the old file", errno)
    }
    temporary = nil
  }

  /// A link never replaces: if two processes want one name, one of them fails.
  private func appear() throws(FormatError) {
    guard !link(as: name) else { return }
    if errno == EEXIST {
      throw FormatError(.cannotCreate, file: path, "was created by somebody else meanwhile")
    }
    // A file system without links: claim the name, then replace the claim.
    guard let temporary, [EPERM, EOPNOTSUPP].contains(errno) else {
      throw .system(.inputOutput, file: path, "cannot name the finished file", errno)
    }
    let claim = retrying {
      openat(
        output.folder.descriptor, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    }
    guard claim >= 0 else { throw .system(.cannotCreate, file: path, "cannot create", errno) }
    // Not before it exists: a signal handler must not remove what another has created.
    let unfinished = UnfinishedFile(named: name, in: output.folder)
    close(claim)
    guard temporary.rename(to: name) else {
      let code = errno
      unfinished.remove()
      throw .system(.inputOutput, file: path, "cannot name the finished file", code)
    }
    unfinished.forget()
    self.temporary = nil
  }

  /// Takes the name away again, because of what happened to a later file.
  ///
  /// - Returns: that error; with more to say if this fails as well.
  private func withdraw(because error: FormatError) -> FormatError {
    var error = error
    guard isReplacing else {
      // Whatever somebody else has put there since is left alone.
      if isUnderItsName, unlinkat(output.folder.descriptor, name, 0) != 0 {
        error.reason += "; \(path) was written and cannot be removed"
      }
      return error
    }
    if !kept!.rename(to: name) {  // made ready
      error.reason += "; \(path) was replaced, and what it was is in \(kept!.fileName) beside it"
      kept!.forget()
    }
    kept = nil
    return error
  }

  private var isUnderItsName: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0
      && FileStatus(status).identity
        == output.folder.status(of: name, followingLinks: false)?.identity
  }

  private func link(as name: String) -> Bool {
    let folder = output.folder.descriptor
    if let temporary { return linkat(folder, temporary.name, folder, name, 0) == 0 }
    let open = "/proc/self/fd/\(descriptor)"
    return linkat(AT_FDCWD, open, folder, name, AT_SYMLINK_FOLLOW) == 0
  }
}

extension OutputFile {
  /// Whether two paths are one name in one folder.
  fileprivate func isSameEntry(as other: OutputFile) -> Bool {
    let here = folder.status(of: ".", followingLinks: true)?.identity
    // By bytes: to a folder, names that Unicode calls equal are two.
    return name.utf8.elementsEqual(other.name.utf8)
      && here == other.folder.status(of: ".", followingLinks: true)?.identity
  }
}
