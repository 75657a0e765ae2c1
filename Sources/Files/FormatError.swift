/// What is wrong with a file, in one line: file, place, expected, found.
public struct FormatError: Error, Equatable, CustomStringConvertible {
  /// The classes of faults; each has an exit code of the tools.
  public enum Kind: Sendable {
    /// The file is not what it should be, or the model in it is not sound.
    case badModel
    /// The file is not there or cannot be opened.
    case noInput
    /// The output cannot be created.
    case cannotCreate
    /// The output exists already, and nobody said that it may be replaced.
    case outputExists
    /// Reading or writing failed.
    case inputOutput
    /// The work needs more memory than this process can have.
    case outOfMemory
    /// The file may be sound, but has what is not read here; another reader may know it.
    case unsupported
    /// A program of the toolkit that the work needs is not there.
    case missingProgram
    /// The request is refused to protect the user's files.
    case refused
    /// An option does not fit the files.
    case usage
  }

  /// Where in the file.
  public enum Location: Sendable, Equatable, CustomStringConvertible {
    /// A byte offset.
    case byte(Int)
    /// A line and a column of a text file, both from 1.
    case line(Int, column: Int)
    /// A layer, a tensor, a section, a member of an archive.
    case object(String)

    /// `byte 17`, `12:3`, `conv1/blobs[0]`.
    public var description: String {
      switch self {
      case .byte(let offset): "byte \(offset)"
      case .line(let line, let column): "\(line):\(column)"
      case .object(let name): name
      }
    }
  }

  /// The class of the fault.
  public var kind: Kind
  /// The file, as the user named it.
  public var file: String?
  /// Where in the file.
  public var location: Location?
  /// What was expected and what was found.
  public var reason: String

  /// An error.
  public init(
    _ kind: Kind = .badModel, file: String? = nil, at location: Location? = nil, _ reason: String
  ) {
    self.kind = kind
    self.file = file
    self.location = location
    self.reason = reason
  }

  /// `file: place: reason`, in one line whatever names the file holds: characters that are not
  /// meant to be seen are written as `\u{1b}`, long names lose their middle.
  public var description: String {
    [file?.printable(), location?.description.printable(limit: 500), reason.printable(limit: 8000)]
      .compactMap { $0 }.joined(separator: ": ")
  }

  /// The same error about a file, unless it names one already.
  public func inFile(_ file: String) -> FormatError {
    var copy = self
    copy.file = copy.file ?? file
    return copy
  }
}
