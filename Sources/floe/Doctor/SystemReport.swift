import DurableFiles
import Foundation
import ModelZoo
import TensorCore
import Training

/// Everything about a machine that can change what Floe does on it.
struct SystemReport: Encodable {
    struct Processor: Encodable {
        let model: String
        let identity: String
        let processors: Int
        /// Of the extensions that matter, those that it has.
        let extensions: [String]
    }

    struct Backend: Encodable {
        let name: String
        let version: String
        let kernels: String
        let file: String?
    }

    struct Disk: Encodable {
        let folder: String
        let availableBytes: Int?
    }

    struct Kernels: Encodable {
        /// Absent where nothing is kept.
        let file: String?
        /// Algorithm by images, pass, map and kernel.
        let choices: [String: KernelTable.Algorithm]
    }

    let software: String
    let system: String
    let kernel: String
    let processor: Processor
    let threads: Int
    let memoryBytes: Int
    let availableMemoryBytes: Int?
    let backends: [Backend]
    let libraries: [LoadedLibrary]
    let disks: [Disk]
    /// Variables that change what the libraries do, where they are set.
    let environment: [String: String]
    /// Largest difference between the back ends on a small convolution, as a share of the largest
    /// value; absent where there is only one.
    let backendDifference: Double?
    /// Convolution kernels that were measured on this machine with these threads.
    let kernelCache: Kernels
    /// What is worth knowing before reporting a bug.
    let notes: [String]

    static let extensionsThatMatter = [
        "sse4_1", "avx", "avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl",
        "avx512_vnni", "avx512_bf16", "amx_tile",
    ]
    static let variablesThatMatter = [
        "OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_WAIT_POLICY", "GOMP_CPU_AFFINITY",
        "OPENBLAS_NUM_THREADS", "DNNL_MAX_CPU_ISA", "DNNL_VERBOSE", "FLOE_KERNEL_CACHE",
        "NO_COLOR",
    ]
    /// Rounding differs between the libraries, results do not.
    static let allowedDifference = 1e-5

    /// Asks this machine.
    static func current() -> SystemReport {
        // Before OpenBLAS is loaded, which sets a variable of its own.
        let variables = ProcessInfo.processInfo.environment
        let processor = ProcessorInformation.current
        let threads = ComputePolicy.threads
        let backends = backends(processor)
        let difference = OpenBLASLibrary.isAvailable ? backendDifference() : nil
        var named = variablesThatMatter.reduce(into: [String: String]()) { $0[$1] = variables[$1] }
        named["OPENBLAS_CORETYPE"] = variables["OPENBLAS_CORETYPE"]
        named["FLOE_DATA"] = variables["FLOE_DATA"]
        return SystemReport(
            software: Software.nameAndVersion, system: systemName(), kernel: kernelName(),
            processor: Processor(
                model: processor.model, identity: processor.identity, processors: processor.count,
                extensions: extensionsThatMatter.filter { processor.flags.contains($0) }),
            threads: threads, memoryBytes: Int(clamping: ProcessInfo.processInfo.physicalMemory),
            availableMemoryBytes: availableMemory(), backends: backends,
            libraries: LoadedLibrary.all(),
            disks: [
                FileManager.default.currentDirectoryPath,
                FileManager.default.temporaryDirectory.path,
            ].map { Disk(folder: $0, availableBytes: try? DiskSpace(of: $0).available) },
            environment: named, backendDifference: difference,
            kernelCache: Kernels(
                file: KernelCache.standard.path, choices: KernelCache.standard.load()),
            notes: notes(processor, difference: difference))
    }

    // MARK: Parts

    private static func backends(_ processor: ProcessorInformation) -> [Backend] {
        let onednn = OneDNNBackend(.exact).name.split(separator: " ").map(String.init)
        let isa = OneDNNBackend.instructionSet
        let winograd =
            (isa.hasPrefix("avx512") ? ", Winograd" : "")
            + (OneDNNBackend.hasOwnWinograd ? ", Floe's Winograd" : "")
        // Loaded by TensorCore in its own way; here it is only asked who it is.
        let openBLAS = OpenBLASLibrary.isAvailable ? dlopen("libopenblas.so.0", RTLD_NOW) : nil
        let portable = openBLAS.map {
            LoadedLibrary.make(
                "OpenBLAS", "openblas_get_config", in: $0, LoadedLibrary.textOfCall)
        }
        return [
            Backend(
                name: "oneDNN", version: onednn.count > 1 ? onednn[1] : "unknown",
                kernels: isa + ", direct" + winograd,
                file: LoadedLibrary.file(ofSymbol: "dnnl_version")),
            Backend(
                name: "OpenBLAS", version: portable?.version ?? "not installed",
                kernels: OpenBLASLibrary.coreName ?? "none", file: portable?.file),
        ]
    }

    /// One convolution of the kind that networks are made of, on both back ends.
    private static func backendDifference() -> Double {
        ComputeThread.shared.run {
            var stream = RandomStream(seed: 1, purpose: .selfTest)
            func noise(_ shape: Shape) -> Tensor {
                Tensor((0..<shape.count).map { _ in Float(stream.uniform(-1, 1)) }, shape: shape)
            }
            let image = noise([1, 16, 48, 48])
            let weight = noise([16, 16, 3, 3])
            let results = BackendName.allCases.map { name in
                name.make(.exact).convolution(
                    image, weight: weight, bias: nil, ConvolutionGeometry(padding: 1)
                ).values
            }
            let largest = results[0].reduce(0) { max($0, abs($1)) }
            let difference = zip(results[0], results[1]).reduce(0) { max($0, abs($1.0 - $1.1)) }
            return Double(difference) / Double(largest)
        }
    }

    private static func notes(
        _ processor: ProcessorInformation, difference: Double?
    ) -> [String] {
        var notes: [String] = []
        let isa = OneDNNBackend.instructionSet
        if !isa.hasPrefix("avx512") {
            notes.append(
                OneDNNBackend.hasOwnWinograd
                    ? "no AVX-512 in use: vectors are half as long"
                    : "neither AVX2 nor AVX-512 in use: there is no Winograd, training is slow")
        }
        if !OpenBLASLibrary.isAvailable {
            notes.append("OpenBLAS is not installed (libopenblas0-pthread): only oneDNN computes")
        }
        if let difference, !(difference <= allowedDifference) {
            notes.append("the back ends disagree by \(difference) of the largest value")
        }
        return notes
    }

    private static func systemName() -> String {
        let text = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: ["\""])
        }
        return ProcessInfo.processInfo.operatingSystemVersionString
    }

    private static func kernelName() -> String {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
    }

    private static func availableMemory() -> Int? {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map {
                $0 * 1024
            }
        }
        return nil
    }
}
