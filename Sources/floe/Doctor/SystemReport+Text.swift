import TensorCore

extension SystemReport {
    /// The report for people.
    var lines: [String] {
        var table: [(String, String)] = [
            ("software", software), ("system", "\(system), kernel \(kernel)"),
            ("processor", "\(processor.model) (\(processor.identity))"),
            ("extensions", processor.extensions.joined(separator: " ")),
            ("threads", "\(threads) of \(processor.processors) processors"),
            (
                "memory",
                Figures.bytes(memoryBytes)
                    + (availableMemoryBytes.map { ", \(Figures.bytes($0)) available" } ?? "")
            ),
        ]
        for disk in disks {
            let space = disk.availableBytes.map { Figures.bytes($0) } ?? "unknown space"
            table.append(("disk", "\(space) available in \(disk.folder)"))
        }
        for backend in backends {
            table.append((backend.name, "\(backend.version), kernels \(backend.kernels)"))
        }
        for library in libraries { table.append((library.name, library.version)) }
        for name in environment.keys.sorted() {
            table.append((name, environment[name] ?? ""))
        }
        table.append(("kernels", kernelSummary))
        if let backendDifference {
            table.append(
                (
                    "self-check",
                    "back ends differ by at most \(backendDifference) of the largest value"
                ))
        }
        let width = table.map(\.0.count).max() ?? 0
        return table.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        } + notes.map { "note: \($0)" }
    }

    private var kernelSummary: String {
        guard let file = kernelCache.file else { return "measured by every run anew" }
        guard !kernelCache.choices.isEmpty else { return "none measured yet; kept in \(file)" }
        let counts = KernelTable.Algorithm.allCases.map { algorithm in
            (algorithm.rawValue, kernelCache.choices.values.count { $0 == algorithm })
        }
        return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
            + ", in \(file)"
    }

    /// Every convolution that was measured, and what was chosen for it.
    var kernelLines: [String] {
        kernelCache.choices.keys.sorted().map {
            "\($0): \(kernelCache.choices[$0]?.rawValue ?? "")"
        }
    }
}
