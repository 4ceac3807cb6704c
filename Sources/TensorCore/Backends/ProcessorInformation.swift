import Foundation

/// The processor as the kernel describes it.
public struct ProcessorInformation: Sendable, Hashable {
    /// Vendor's name, such as `AMD EPYC`.
    public var model: String
    /// Vendor, family, model and stepping: what tells two processors with one name apart.
    public var identity: String
    /// Instruction set extensions.
    public var flags: Set<String>
    /// Processors that this process may use.
    public var count: Int

    public static let current = ProcessorInformation(
        cpuinfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "",
        count: ProcessInfo.processInfo.activeProcessorCount)

    init(cpuinfo: String, count: Int) {
        var fields: [String: String] = [:]
        for line in cpuinfo.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].trimmingCharacters(in: .whitespaces)
            if fields[key] == nil { fields[key] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        model = fields["model name"] ?? fields["CPU part"] ?? "unknown"
        identity = ["vendor_id", "cpu family", "model", "stepping"]
            .map { fields[$0] ?? "?" }.joined(separator: "-")
        flags = Set(
            (fields["flags"] ?? fields["Features"] ?? "").split(separator: " ").map(String.init))
        self.count = count
    }
}
