import DurableFiles
import ModelZoo
import Reporting
import SegmentationModels

/// Encoders as `floe encoder inspect` shows them, for people and for programs.
enum EncoderText {
    /// A recognised file.
    struct Report: Encodable {
        struct Row: Encodable {
            let target: String
            let shape: [Int]
            let source: String?
            let sourceShape: [Int]?
            let problem: String?
        }

        let file: String
        let bytes: Int
        let sha256: SHA256Digest
        let dialect: EncoderDialect
        let container: String
        let evidence: [String]
        let architecture: EncoderConfiguration
        let input: InputConvention?
        let rewrites: [String]
        let weights: [Row]
        let missing: [String]
        let random: [String]
        let unused: [String]

        init(_ found: EncoderImport) {
            file = found.file.path
            bytes = found.file.bytes
            sha256 = found.file.sha256
            dialect = found.dialect
            container = found.container
            evidence = found.evidence
            architecture = found.configuration
            input = found.convention
            rewrites = found.rewrites
            weights = found.map.leaves.map {
                Row(
                    target: $0.target, shape: $0.shape.dimensions, source: $0.source,
                    sourceShape: $0.sourceShape?.dimensions, problem: $0.problem)
            }
            missing = found.map.missing
            random = found.map.random
            unused = found.map.unused
        }

        var lines: [String] {
            let graph = architecture.graph
            var lines = [
                "\(file): \(bytes) bytes, SHA-256 \(sha256)",
                "dialect       \(dialect.rawValue), \(container)",
            ]
            lines += evidence.map { "evidence      \($0)" }
            lines += [
                "architecture  \(architecture.encoder.rawValue), \(architecture.bands) bands, "
                    + "base width \(architecture.baseWidth)",
                "graph         \(graph.family.rawValue), "
                    + (graph.strideInFirstConvolution
                        ? "stride in the first convolution of a bottleneck"
                        : "stride in the 3x3 convolution of a bottleneck")
                    + ", convolutions \(graph.convolutionBias ? "with" : "without") bias, "
                    + "epsilon \(graph.epsilon)",
                "input         \(input.map(Self.text) ?? "of unknown convention")",
            ]
            lines += rewrites.map { "rewrite       \($0)" }
            lines.append("")
            var table = TextTable([
                ("weight", .left), ("shape", .left), ("in the file", .left), ("shape there", .left),
            ])
            for row in weights {
                table.add([
                    row.target, Self.text(row.shape), row.source?.onOneLine ?? "missing",
                    row.sourceShape.map(Self.text) ?? "",
                ])
            }
            lines += table.lines
            lines.append("")
            lines += weights.compactMap { row in
                row.problem.map { "problem       \(row.source ?? row.target) \($0)" }
            }
            lines.append("missing       \(Self.list(missing))")
            if !random.isEmpty { lines.append("stay random   \(Self.list(random))") }
            lines.append("unused        \(Self.list(unused))")
            return lines.map(\.onOneLine)
        }

        private static func text(_ shape: [Int]) -> String {
            shape.map(String.init).joined(separator: "x")
        }

        private static func list(_ names: [String]) -> String {
            names.isEmpty ? "none" : "\(names.count): " + names.joined(separator: ", ")
        }

        private static func text(_ input: InputConvention) -> String {
            let order = input.sourceOrder == .rgb ? "red, green, blue" : "blue, green, red"
            let range = input.scale == 1 ? "0 to 255" : "0 to 1"
            let isRaw = input.mean == [0, 0, 0] && input.deviation == [1, 1, 1]
            return "\(order), \(range)"
                + (isRaw
                    ? ", not normalised" : ", mean \(input.mean), deviation \(input.deviation)")
                + (input.sourceOrder == .bgr ? " (both in the order red, green, blue)" : "")
        }
    }

    /// A file that is not recognised.
    struct Datasets: Encodable {
        struct Row: Encodable {
            let name: String
            let shape: [Int]?
            let type: String
            let sha256: SHA256Digest?
            let problem: String?
        }

        let file: String
        let bytes: Int
        let sha256: SHA256Digest
        let datasets: [Row]

        init(_ foreign: ForeignFile) {
            file = foreign.path
            bytes = foreign.bytes
            sha256 = foreign.sha256
            datasets = foreign.datasets.map {
                Row(
                    name: $0.name, shape: $0.shape?.dimensions, type: $0.type, sha256: $0.digest,
                    problem: $0.problem)
            }
        }

        var lines: [String] {
            var table = TextTable([
                ("dataset", .left), ("shape", .left), ("type", .left), ("values' SHA-256", .left),
            ])
            for row in datasets {
                table.add([
                    row.name.onOneLine,
                    row.shape.map { $0.map(String.init).joined(separator: "x") } ?? "?",
                    row.type, row.sha256.map { "\($0.hex.prefix(16))" } ?? row.problem ?? "",
                ])
            }
            return ["\(file): \(bytes) bytes, SHA-256 \(sha256)", ""]
                + table.lines.map(\.onOneLine)
        }
    }
}
