import Reporting
import Testing

struct ReportTests {
  @Test func rowsOfATableKeepTheirValues() {
    var table = Report.Table("layers", "Layers", [.init("name", "layer"), .init("zeros", "zeros")])
    table.add([.text("conv1"), .count(3)])
    #expect(table.rows == [[.text("conv1"), .count(3)]])
  }
}
