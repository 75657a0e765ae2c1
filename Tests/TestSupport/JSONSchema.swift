import Foundation
public import ResNetKit

/// A JSON schema (draft 2020-12), as far as this project's use it: what a value has to be.
///
/// It is stricter than the standard: a member that the schema does not describe is a fault, since
/// nobody who reads the schema could know it; and a keyword that is not known here ends the test.
public struct JSONSchema: Sendable {
  private let root: JSON

  /// The schema of a kind of report: `schemas/report-<kind>.schema.json`.
  public init(ofReport kind: String) throws {
    let file = Places.project.appendingPathComponent("schemas/report-\(kind).schema.json")
    root = try JSON(parsing: Bytes(Array(Data(contentsOf: file))))
  }

  /// A schema as JSON.
  public init(_ root: JSON) { self.root = root }

  /// What is wrong with a value, each with its place: `$.layers[3].name: …`; empty for a good one.
  public func faults(in value: JSON) -> [String] { faults(in: value, root, "$") }

  private func faults(in value: JSON, _ schema: JSON, _ place: String) -> [String] {
    guard case .object(let keywords) = schema else {
      return schema == .bool(true) ? [] : ["\(place): nothing may be here"]
    }
    return keywords.flatMap { keyword in
      faults(in: value, keyword.name, keyword.value, schema, place)
    }
  }

  private func faults(
    in value: JSON, _ keyword: String, _ argument: JSON, _ schema: JSON, _ place: String
  ) -> [String] {
    switch keyword {
    case "$schema", "$id", "$defs", "title", "description", "examples": return []
    case "$ref":
      guard let target = definition(argument) else { return ["\(place): no schema \(argument)"] }
      return faults(in: value, target, place)
    case "type":
      let types = argument.strings
      return types.contains(where: value.isType)
        ? [] : ["\(place): expected \(types.joined(separator: " or ")), found \(value.kind)"]
    case "const": return value == argument ? [] : ["\(place): expected \(argument.text())"]
    case "enum":
      return argument.elements.contains(value)
        ? [] : ["\(place): expected one of \(argument.text()), found \(value.text())"]
    case "minimum", "maximum":
      guard let number = value.number, let limit = argument.number else { return [] }
      let isGood = keyword == "minimum" ? number >= limit : number <= limit
      return isGood ? [] : ["\(place): \(number) is beyond the \(keyword) \(limit)"]
    case "minItems":
      return value.elements.count >= Int(argument.number ?? 0)
        ? [] : ["\(place): \(value.elements.count) elements are too few"]
    case "required":
      guard case .object = value else { return [] }
      return argument.strings.filter { value[$0] == nil }.map { "\(place): no member \($0)" }
    case "properties": return memberFaults(in: value, argument, schema, place)
    case "additionalProperties": return []  // looked at with the properties
    case "items":
      return value.elements.enumerated().flatMap { index, element in
        faults(in: element, argument, "\(place)[\(index)]")
      }
    case "anyOf":
      let found = argument.elements.map { faults(in: value, $0, place) }
      return found.contains(where: \.isEmpty) ? [] : found.min { $0.count < $1.count } ?? []
    default: return ["\(place): the schema has a keyword that is not known here, \(keyword)"]
    }
  }

  private func memberFaults(
    in value: JSON, _ properties: JSON, _ schema: JSON, _ place: String
  ) -> [String] {
    guard case .object(let members) = value else { return [] }
    return members.flatMap { member in
      guard let property = properties[member.name] ?? schema["additionalProperties"] else {
        return ["\(place): the schema does not describe \(member.name)"]
      }
      return faults(in: member.value, property, "\(place).\(member.name)")
    }
  }

  /// A schema of `$defs`.
  private func definition(_ reference: JSON) -> JSON? {
    guard case .string(let path) = reference, path.hasPrefix("#/$defs/") else { return nil }
    return root["$defs"]?[String(path.dropFirst(8))]
  }
}

extension JSON {
  fileprivate var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }

  /// The words of a list, or the one word that it is.
  fileprivate var strings: [String] {
    if case .string(let text) = self { return [text] }
    return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  fileprivate func isType(_ name: String) -> Bool {
    switch self {
    case .null: name == "null"
    case .bool: name == "boolean"
    case .integer: name == "integer" || name == "number"
    case .double(let value): name == "number" || name == "integer" && value.rounded() == value
    case .string: name == "string"
    case .array: name == "array"
    case .object: name == "object"
    }
  }
}
