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
}
