/// The memory of this process that the system has given pages for.
public enum ProcessMemory {
  /// The most it ever had at a time, in bytes; 0 where the system does not tell.
  public static var peakByteCount: Int {
    let value = SystemFile.value(of: "VmHWM", in: SystemFile.text("/proc/self/status") ?? "")
    return (value?.split(separator: " ").first.flatMap { Int($0) } ?? 0) * 1024
  }
}
