import Foundation
import TestSupport
import Testing

/// What shells offer, as bash does it and as the scripts of the others say.
@Suite struct CompletionTests {
  /// What bash offers for the last of some words.
  private static func offers(_ words: [String], in folder: TemporaryFolder) throws -> [String] {
    let tool = words[0]
    let script = try ToolRun(tool, ["--generate-completion-script", "bash"])
    #expect(script.exitCode == 0)
    try folder.write(".completion", text: script.output)
    let line = words.joined(separator: " ")
    let program = """
      cd '\(folder.path)' && . ./.completion
      COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
      COMP_CWORD=\(words.count - 1) COMP_LINE='\(line)' COMP_POINT=\(line.utf8.count)
      _\(tool) '\(tool)' '\(words.last!)' '\(words[words.count - 2])'
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    return try ToolRun(bash: program).output.split(separator: "\n").map(String.init)
  }

  @Test(arguments: [
    (["resnet-convert", "ne"], ["net.caffemodel", "net.prototxt"]),
    (["resnet-convert", "net.prototxt", "net.c"], ["net.caffemodel"]),
    (["resnet-convert", "net.prototxt", "-o", "ne"], ["net.caffemodel", "net.prototxt"]),
    (["resnet-convert", "caffe-to-native", "--caffemodel", "net.c"], ["net.caffemodel"]),
    (["resnet-convert", "keras-to-native", "ne"], ["net.caffemodel", "net.prototxt"]),
    (["resnet-convert", "net.prototxt", "--dr"], ["--dry-run"]),
    (["resnet-convert", "--ou"], ["--output"]),
    (["resnet-convert", "keras-to-n"], ["keras-to-native"]),
    (["resnet-verify", "net.prototxt", "--fix"], ["--fixture"]),
    (["resnet-verify", "net.prototxt", "--fixture", "x"], ["x.npz"]),
    (["resnet-verify", "run", "net.prototxt", "--input", "x"], ["x.npz"]),
    (["resnet-verify", "receipt", "x"], ["x.npz"]),
    (["resnet-verify", "re"], ["receipt"]),
    (["resnet-inspect", "net.p"], ["net.prototxt"]),
    (["resnet-bench", "net.p"], ["net.prototxt"]),
    (["resnet-run", "net.prototxt", "x"], ["x.npz"]),
    (["resnet-run", "net.prototxt", "--resizer", "opencv-l"], ["opencv-linear"]),
    (["resnet-convert", "net.prototxt", "--caffe-dialect", "nv"], ["nvidia"]),
  ])
  func `bash offers files and options where they are wanted`(
    _ words: [String], _ expected: [String]
  ) throws {
    let folder = TemporaryFolder()
    for name in ["net.prototxt", "net.caffemodel", "x.npz"] { try folder.write(name, text: "") }
    #expect(try Self.offers(words, in: folder).sorted() == expected)
  }

  @Test(arguments: [
    ("resnet-convert", "zsh", "        _files && ret=0\n"),
    ("resnet-convert", "zsh", "        _resnet-convert_files\n        return\n"),
    ("resnet-verify", "zsh", "        _resnet-verify_model\n        return\n"),
    ("resnet-convert", "zsh", ":output:_files'"),
    ("resnet-convert", "fish", "_positional \"resnet-convert\" -ge 1' -F"),
    ("resnet-verify", "fish", "_options \"resnet-verify\"' -l 'fixture'"),
    ("resnet-inspect", "zsh", "'*:model:_files'"),
    ("resnet-inspect", "fish", "_positional \"resnet-inspect\" -ge 1' -F"),
  ])
  func `the scripts of other shells know them too`(
    tool: String, shell: String, line: String
  ) throws {
    let script = try ToolRun(tool, ["--generate-completion-script", shell])
    #expect(script.exitCode == 0)
    #expect(script.output.contains(line))
  }
}
