import CKernelTests
import Foundation
import TestSupport
import Testing

@testable import Kernels

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 1000])
  func `each task runs once, and no two at a time have one worker`(
    _ threadCount: Int, _ taskCount: Int
  ) throws {
    let pool = try #require(ThreadPool(threadCount: threadCount))
    for _ in 0..<20 {
      var runs = [Int](repeating: 0, count: taskCount)
      var busy = [Int](repeating: 0, count: threadCount)
      runs.withUnsafeMutableBufferPointer { runs in
        busy.withUnsafeMutableBufferPointer { busy in
          pool.run(taskCount: taskCount) { task, worker in
            // Unsynchronized on purpose: the thread sanitizer sees a worker that is shared.
            busy[worker] += 1
            runs[task] += 1
          }
        }
      }
      #expect(runs.allSatisfy { $0 == 1 })
      #expect(busy.reduce(0, +) == taskCount)
    }
  }

  @Test(arguments: [(8, 1), (64, 1), (8, 4)])
  func `each task of a job runs once, by one worker at a time`(_ threads: Int, _ pools: Int) {
    #expect(ck_test_thread_pool(7, 10, 200, Int32(threads), Int32(pools)) == 0)
  }

  @Test func `each thread rounds to nearest and keeps subnormals, whatever its host does`() {
    #expect(ck_test_environment() == 0)
  }

  @Test func `more threads than the system has are no pool`() {
    #expect(ThreadPool(threadCount: Int.max) == nil)
  }
}

@Suite struct ProcessorQuotaTests {
  private let folder = TemporaryFolder()

  private func quota(_ groups: String?, _ files: [String: String]) throws -> Int? {
    var files = Dictionary(uniqueKeysWithValues: files.map { ("sys/fs/cgroup/\($0)", $1) })
    files["proc/self/cgroup"] = groups
    for (path, text) in files {
      let file = URL(fileURLWithPath: folder.path(path))
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    return ProcessorQuota.count(root: folder.path)
  }

  @Test func `without control groups there is no quota`() throws {
    #expect(try quota(nil, [:]) == nil)
    #expect(try quota("0::/\n", [:]) == nil)
  }

  @Test(arguments: [
    ("max 100000\n", nil), ("200000 100000\n", 2), ("150000 100000\n", 2), ("10000 100000\n", 1),
    ("6400000 100000", 64), ("", nil), ("100000\n", nil), ("0 100000\n", nil), ("100000 0\n", nil),
    ("-1 100000\n", nil), ("two 100000\n", nil), ("9223372036854775807 1\n", nil),
    ("99999999999999999999 100000\n", nil), ("1 2 3\n", nil),
  ])
  func `version 2 says quota and period, rounded up`(_ text: String, _ expected: Int?) throws {
    #expect(try quota("0::/\n", ["cpu.max": text]) == expected)
  }

  @Test func `the least quota of a group and those around it counts`() throws {
    let files = [
      "a/b/cpu.max": "800000 100000\n", "a/cpu.max": "250000 100000\n", "cpu.max": "max 100000\n",
      "other/cpu.max": "100000 100000\n",
    ]
    #expect(try quota("0::/a/b\n", files) == 3)
  }

  @Test func `in a container the path may be that outside of it`() throws {
    #expect(try quota("0::/docker/0123/init\n", ["cpu.max": "400000 100000\n"]) == 4)
    #expect(try quota("0::/../../init\n", ["cpu.max": "400000 100000\n"]) == 4)
  }

  @Test(arguments: [
    ("200000", "100000", 2), ("-1", "100000", nil), ("250000", "100000", 3), ("x", "y", nil),
  ])
  func `version 1 has a file for each`(_ quota: String, _ period: String, _ expected: Int?) throws {
    let files = [
      "cpu,cpuacct/a/cpu.cfs_quota_us": quota + "\n",
      "cpu,cpuacct/a/cpu.cfs_period_us": period + "\n",
    ]
    #expect(
      try self.quota("4:memory:/m\n2:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/\n", files) == expected)
  }

  @Test func `version 1 beside version 2, each with its own mount`() throws {
    let files = [
      "cpu/cpu.cfs_quota_us": "500000\n", "cpu/cpu.cfs_period_us": "100000\n",
      "unified/u/cpu.max": "700000 100000\n",
    ]
    #expect(try quota("1:cpu:/\n0::/u\n", files) == 5)
  }

  @Test func `lines that are none are left out`() throws {
    #expect(try quota("nonsense\n:\n::\n\n0::/\n", ["cpu.max": "300000 100000\n"]) == 3)
  }

  @Test func `this process may use a processor`() {
    #expect(ThreadPool.availableProcessorCount >= 1)
  }
}
