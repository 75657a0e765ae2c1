/// The name that was probably meant where there is none of the name that was written.
public enum NearName {
  /// Names longer than this are compared by nobody's eye either.
  private static let longest = 200

  /// The candidate that takes the fewest letters inserted, left out, replaced or exchanged with the
  /// next, capitals aside; nil where even that is more than a third of the name, but one at least.
  public static func nearest(
    to name: String, among candidates: some Sequence<String>
  ) -> String? {
    let wanted = Array(name.lowercased())
    guard wanted.count <= longest else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates where candidate != name {
      let letters = Array(candidate.lowercased())
      let limit = min(max(wanted.count / 3, 1), best.map { $0.distance - 1 } ?? .max)
      guard limit >= 0, abs(letters.count - wanted.count) <= limit else { continue }
      let distance = distance(wanted, letters)
      if distance <= limit { best = (distance, candidate) }
    }
    return best?.name
  }

  /// `; did you mean conv1?`, or nothing.
  public static func question(
    about name: String, among candidates: some Sequence<String>
  ) -> String {
    nearest(to: name, among: candidates).map { "; did you mean \($0)?" } ?? ""
  }

  /// The optimal string alignment distance: three rows of its table at a time.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var before: [Int] = []
    var above = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, before[j - 1] + 1)
        }
        row.append(least)
      }
      (before, above) = (above, row)
    }
    return above[b.count]
  }
}
