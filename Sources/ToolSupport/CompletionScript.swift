/// The generated completions, with what they do not know: that a tool with commands also takes the
/// words of its default command without its name.
enum CompletionScript {
  /// Adds the default command's files and options to a tool's own.
  ///
  /// The lines that are looked for are those of swift-argument-parser; a script without them stays
  /// as it is, and completes less.
  static func offeringDefault(
    _ command: String, of tool: String, among commands: [String], in script: String
  ) -> String {
    let names = commands.joined(separator: "|")
    let function = "_\(tool)_\(command)"
    if script.hasPrefix("#compdef") {
      return zsh(script, function: function, names: names)
    }
    return script.hasPrefix("#!/bin/bash")
      ? bash(script, function: function, names: names) : fish(script, command, of: tool)
  }

  private static func bash(_ script: String, function: String, names: String) -> String {
    script.inserting(
      """

          # Without the name of a command the words are those of the default command
          case "${COMP_WORDS[1]}" in
          \(names)) ;;
          *)
              if [[ "${COMP_CWORD}" -gt 1 || "${cur}" = -* ]]; then
                  local -a repeating_flags non_repeating_flags repeating_options non_repeating_options
                  \(function)
                  return
              fi
              local file
              while IFS='' read -r file; do
                  COMPREPLY+=("${file}")
              done < <(compgen -f -- "${cur}")
              ;;
          esac

      """, after: "    local -a unparsed_words=(\"${COMP_WORDS[@]:1:${COMP_CWORD}}\")\n")
  }

  private static func zsh(_ script: String, function: String, names: String) -> String {
    script.inserting(
      """

          # Without the name of a command the words are those of the default command
          if [[ "${words[2]}" != (\(names)) && ( CURRENT -gt 2 || "${words[2]}" = -* ) ]]; then
              \(function)
              return
          fi

      """, after: "    local -ir current_word_index=\"$((CURRENT - 1))\"\n"
    ).inserting(
      "        _files && ret=0\n", after: "        _describe -V subcommand subcommands && ret=0\n")
  }

  private static func fish(_ script: String, _ command: String, of tool: String) -> String {
    let context = "\"\(tool) \(command)\""
    let lines = script.split(separator: "\n", omittingEmptySubsequences: false)
    let own = lines.filter { $0.hasPrefix("complete ") && $0.contains(context) }.map {
      $0.replacing(context, with: "\"\(tool)\"")
    }
    return script + (script.hasSuffix("\n") ? "" : "\n")
      + own.map { "\($0)\n" }.joined()
  }
}

extension String {
  /// With lines after the first place where others are; as it is where they are not.
  fileprivate func inserting(_ lines: String, after anchor: String) -> String {
    guard let range = firstRange(of: anchor) else { return self }
    return self[..<range.upperBound] + lines + self[range.upperBound...]
  }
}
