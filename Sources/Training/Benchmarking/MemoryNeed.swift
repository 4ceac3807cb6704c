import DurableFiles
import Foundation
import SegmentationModels

/// What a network needs at least: a bound that refuses the impossible, not an estimate.
enum MemoryNeed {
    /// Refuses what cannot fit: at least the maps of the first level and the deepest weights exist.
    ///
    /// - Parameter advice: what the caller's user can change.
    /// - Throws: `FloeError` of kind `usage`.
    static func check(
        _ configuration: ModelConfiguration, batch: Int, height: Int, width: Int, isTraining: Bool,
        advice: String
    ) throws {
        let pixels = Double(batch) * Double(height) * Double(width)
        let maps: Double
        let weights: Double
        switch configuration.architecture {
        case .unet:
            let bottom = Double(configuration.baseWidth) * Double(1 << configuration.levels)
            // Two maps of the first level; the bottom's two convolutions.
            maps = pixels * Double(configuration.baseWidth) * 2
            weights = 9 * (bottom * bottom * 0.75)
        case .dualUNet:
            let branches = [configuration.dual?.global, configuration.dual?.local].compactMap { $0 }
            // As above, of both.
            maps = pixels * Double(branches.reduce(0) { $0 + $1.width }) * 2
            weights = branches.reduce(0) { sum, branch in
                let bottom = Double(branch.width) * Double(1 << branch.levels)
                return sum + 9 * (bottom * bottom * 0.75)
            }
        case .encoderUNet, .unetPlusPlus:
            let inner = Double(configuration.baseWidth) * 8
            maps = pixels * Double(configuration.baseWidth) / 4
            weights = 9 * inner * inner * 3
        }
        // Weights, their gradients and Adam's two moments.
        let bytes = 4 * (maps + weights * (isTraining ? 4 : 1))
        let memory = Double(ProcessInfo.processInfo.physicalMemory)
        guard bytes < memory else {
            func gibibytes(_ bytes: Double) -> String {
                "\((bytes / 1_073_741_824).formatted(.number.precision(.fractionLength(1)))) GiB"
            }
            throw FloeError(
                .usage,
                "\(configuration.name) on \(batch) x \(height)x\(width) needs too much memory",
                expected: "at most this machine's \(gibibytes(memory))",
                got: "at least \(gibibytes(bytes))", advice: advice)
        }
    }
}
