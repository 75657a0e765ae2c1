import Foundation
import ResNetKit
import TestSupport
import Testing

/// The JSON of every command is as its schema says: `schemas/report-<kind>.schema.json`.
@Suite struct `A report in JSON` {
  private static let definition = Places.fixture("digits/digits-resnet.prototxt")
  private static let model =
    definition + "," + Places.fixture("digits/digits-resnet.caffemodel")
  private static let golden = Places.fixture("digits/digits-golden.npz")

  private func check(
    _ kind: String, _ tool: String, _ arguments: [String], in folder: TemporaryFolder? = nil,
    exitCode: Int32 = 0
  ) throws {
    let run = try ToolRun(tool, arguments, in: folder?.path)
    #expect(run.exitCode == exitCode, "\(run.errors)")
    let json = try JSON(parsing: Bytes(Array(run.output.utf8)))
    #expect(try JSONSchema(ofReport: kind).faults(in: json) == [])
  }

  @Test(
    arguments: [
      ("summary", [model]), ("summary", [definition, "--depth", "1"]),
      ("summary", ["summary", model, "--depth", "2", "--top", "3"]),
      ("tensors", [model, "--tensors"]), ("paper", ["paper"]), ("paper", ["paper", model]),
      ("paper", ["paper", definition]),
      ("weights", ["weights", model]), ("weights", ["weights", model, "--channels"]),
      ("weights", ["weights", Places.fixture("snapshots/plain.caffemodel.h5")]),
      ("fingerprint", ["fingerprint", model]), ("fingerprint", ["fingerprint", model, "--terms"]),
    ])
  func `of resnet-inspect follows its schema`(kind: String, arguments: [String]) throws {
    try check(kind, "resnet-inspect", arguments + ["--json"])
  }

  @Test func `of a conversion and what checks it follow their schemas`() throws {
    let folder = TemporaryFolder()
    try check(
      "conversion", "resnet-convert",
      [Self.model, "-o", "net.resnet", "--receipt", "net.json", "--json"], in: folder)
    try check("conversion", "resnet-convert", [Self.model, "--dry-run", "--json"])
    try check(
      "native", "resnet-inspect", ["net.resnet", "--check", "--time-open", "--json"], in: folder)
    try check(
      "receipt-check", "resnet-verify",
      [
        "receipt", "net.json", "--sources", Places.fixture("digits"), "--targets", ".", "--json",
      ], in: folder)
    try check(
      "comparison", "resnet-verify", [Self.model, "net.resnet", "--json"], in: folder)
    try check(
      "comparison", "resnet-verify", ["net.resnet", "net.resnet", "--json"], in: folder)
  }

  @Test func `of a verification follows its schema`() throws {
    try check(
      "verification", "resnet-verify",
      [
        Self.model, "--fixture", Self.golden, "--classes",
        Places.fixture("digits/digits-classes.txt"), "--json",
      ])
    try check("layers", "resnet-verify", ["layers", Self.model, "--json"])
  }

  @Test(
    arguments: [
      ("benchmark", ["run"]), ("benchmark-layers", ["layers"]),
      ("benchmark-comparison", ["compare", "--a", "--strict"]),
    ])
  func `of a benchmark follows its schema`(kind: String, words: [String]) throws {
    try check(
      kind, "resnet-bench",
      [words[0], Self.model] + words.dropFirst() + ["--rounds", "2", "--json"])
  }

  @Test func `of the machine follows its schema`() throws {
    try check("machine", "resnet-bench", ["machine", "--rounds", "1", "--threads", "1", "--json"])
  }
}

/// The checker of schemas finds what it is for.
@Suite struct JSONSchemaTests {
  private static let schema = """
    {"type": "object", "required": ["a"], "properties": {
      "a": {"type": "integer", "minimum": 0}, "b": {"type": ["string", "null"]},
      "c": {"type": "array", "items": {"$ref": "#/$defs/word"}, "minItems": 1},
      "d": {"type": "object", "properties": {}, "additionalProperties": {"const": 1}},
      "e": {"anyOf": [{"type": "null"}, {"type": "number", "maximum": 2}]}},
     "$defs": {"word": {"enum": ["x", "y"]}}}
    """

  @Test(
    arguments: [
      (#"{"a": 1, "b": null, "c": ["x"], "d": {"any": 1}, "e": 1.5}"#, nil), (#"{"a": 0}"#, nil),
      (#"{}"#, "$: no member a"), (#"{"a": -1}"#, "$.a: -1.0 is beyond the minimum 0.0"),
      (#"{"a": 1.5}"#, "$.a: expected integer, found a number"),
      (#"{"a": 1, "b": 2}"#, "$.b: expected string or null, found an integer"),
      (#"{"a": 1, "c": ["x", "z"]}"#, #"$.c[1]: expected one of ["x","y"], found "z""#),
      (#"{"a": 1, "c": []}"#, "$.c: 0 elements are too few"),
      (#"{"a": 1, "d": {"any": 2}}"#, "$.d.any: expected 1"),
      (#"{"a": 1, "e": 3}"#, "$.e: expected null, found an integer"),
      (#"{"a": 1, "f": 3}"#, "$: the schema does not describe f"),
      ("[]", "$: expected object, found an array"),
    ] as [(String, String?)])
  func `what a schema does not allow is named with its place`(text: String, fault: String?) throws {
    let schema = JSONSchema(try JSON(parsing: Bytes(Array(Self.schema.utf8))))
    let faults = schema.faults(in: try JSON(parsing: Bytes(Array(text.utf8))))
    #expect(faults == (fault.map { [$0] } ?? []))
  }

  @Test func `a keyword that is not known is no silence`() throws {
    let schema = JSONSchema(.object([.init("pattern", .string("x"))]))
    #expect(!schema.faults(in: .string("y")).isEmpty)
  }
}
