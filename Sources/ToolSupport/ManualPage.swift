internal import ArgumentParser
internal import ResNetKit

/// The manual page of a tool, in the macros of man(7), made from the declarations that its help is
/// made from.
struct ManualPage {
  private let name: String
  private let commands: [any ParsableCommand.Type]
  private let root: any ParsableCommand.Type

  /// The page of a tool with all its commands.
  init(of tool: any ParsableCommand.Type) {
    name = tool._commandName
    root = tool
    commands = tool.configuration.subcommands.filter { $0.configuration.shouldDisplay }
  }

  /// The page.
  var text: String {
    var lines = [
      ".TH \(name.uppercased()) 1 \"\" \"resnet-toolkit \(toolkitVersion)\"",
      ".SH NAME", "\(name.roff) \\- \(root.configuration.abstract.roff)", ".SH SYNOPSIS",
    ]
    lines += Self.synopsis(root) + [".SH DESCRIPTION"] + Self.prose(root.configuration.discussion)
    if commands.isEmpty {
      lines += [".SH OPTIONS"] + Self.options(of: root)
    } else {
      lines.append(".SH COMMANDS")
      for command in commands { lines += section(of: command) }
    }
    lines += [".SH SEE ALSO"]
    let others = ["resnet-bench", "resnet-convert", "resnet-inspect", "resnet-verify"]
    lines.append(
      others.filter { $0 != name }.map { ".BR \($0.roff) (1)" }.joined(separator: " ,\n"))
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(of command: any ParsableCommand.Type) -> [String] {
    let isDefault = root.configuration.defaultSubcommand == command
    var lines = [".SS \"\((command._commandName + (isDefault ? " (usual)" : "")).roff)\""]
    lines += [command.configuration.abstract.roff, ".PP"] + Self.synopsis(command)
    lines += [".PP"] + Self.prose(command.configuration.discussion)
    return lines + Self.options(of: command)
  }

  private static func synopsis(_ command: any ParsableCommand.Type) -> [String] {
    let usage = command.configuration.usage ?? "\(command._commandName) [<options>]"
    return [".nf"] + usage.split(separator: "\n").map { "\\fB\(String($0).roff)\\fR" } + [".fi"]
  }

  /// Paragraphs; lines that are indented are shown as they are.
  private static func prose(_ text: String) -> [String] {
    var (lines, isShown) = ([String](), false)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      let isIndented = line.hasPrefix(" ")
      if isIndented != isShown {
        lines.append(isIndented ? ".nf" : ".fi")
        isShown = isIndented
      }
      lines.append(line.isEmpty ? ".PP" : line.roff)
    }
    return lines + (isShown ? [".fi"] : [])
  }

  /// The arguments and options of a command, under their headings.
  private static func options(of command: any ParsableCommand.Type) -> [String] {
    guard let dump = try? JSON(parsing: Bytes(Array(command._dumpHelp().utf8))),
      case .array(let arguments) = dump["command"]?["arguments"]
    else { return [] }
    var lines: [String] = []
    var heading: String?
    for argument in arguments where argument["shouldDisplay"] == .bool(true) {
      let title = argument["sectionTitle"]?.word
      if title != heading, let title { lines += [".PP", "\(title.roff):"] }
      heading = title
      lines += [".TP", tag(of: argument)]
      lines.append(argument["abstract"]?.word?.roff ?? "\\&")
      if let value = argument["defaultValue"]?.word { lines.append("(default: \(value.roff))") }
    }
    return lines
  }

  /// `-o, --output OUTPUT`.
  private static func tag(of argument: JSON) -> String {
    let value = argument["valueName"]?.word ?? ""
    let choices = argument["allValues"].flatMap { $0.words }
    let placeholder = "\\fI\((choices?.joined(separator: "|") ?? value).roff)\\fR"
    guard case .array(let names) = argument["names"] else { return placeholder }
    let spelled = names.map { name in
      let word = name["name"]?.word ?? ""
      return "\\fB\(((name["kind"] == .string("short") ? "-" : "--") + word).roff)\\fR"
    }
    let takesValue = argument["kind"] == .string("option")
    return spelled.joined(separator: ", ") + (takesValue ? " \(placeholder)" : "")
  }
}

extension JSON {
  fileprivate var word: String? { if case .string(let text) = self { text } else { nil } }

  fileprivate var words: [String]? {
    if case .array(let elements) = self { elements.compactMap(\.word) } else { nil }
  }
}

extension String {
  /// The text as it is, whatever troff would take its signs for.
  fileprivate var roff: String {
    let text = self.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    // A point or an apostrophe begins a request.
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
