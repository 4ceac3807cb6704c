import ModelZoo
import TensorCore

/// Applies an ensemble's post-processing to the masks of whole images.
///
/// Classes that exclude one another are cleaned each on its own, from the map as it was decided. A
/// pixel that its class keeps stays. One that another class takes (a filled hole, a hull) goes to
/// that class, of several to the first, unless its own class has steps and keeps it. One that its
/// class gives up goes to the background, where the first class is named so, and else to the most
/// probable other class. No class is cleaned a second time.
public struct PostProcessor: Sendable {
    /// By class; nil for one that stays as it is.
    let steps: [PostProcessing.ClassSteps?]
    let connectivity: ConnectedComponents.Connectivity
    let isExclusive: Bool
    private let hasBackground: Bool

    /// - Returns: nil where nothing is to be done.
    init?(_ postprocessing: PostProcessing?, _ output: MemberManifest.Output) {
        guard let postprocessing else { return nil }
        steps = output.classes.map { described in
            let own = postprocessing.steps(of: described.name)
            return own.isEmpty ? nil : own
        }
        guard steps.contains(where: { $0 != nil }) else { return nil }
        connectivity = postprocessing.connectivity
        isExclusive = output.activation == .softmax
        hasBackground = output.hasBackground
    }

    /// Whether `apply` must know the most probable other class of every pixel.
    public var needsRunnersUp: Bool { isExclusive && (!hasBackground || steps[0] != nil) }

    /// For every pixel the most probable class but the decided one, the lower of two equal ones.
    ///
    /// - Parameters:
    ///   - probabilities: `[class, pixel]`.
    ///   - decisions: `[pixel]`, a class index each.
    public static func runnersUp(
        probabilities: [Float], decisions: [UInt8], classes: Int
    ) -> [UInt8] {
        let pixels = decisions.count
        precondition(probabilities.count == classes * pixels)
        return probabilities.withUnsafeBufferPointer { values in
            [UInt8](unsafeUninitializedCapacity: pixels) { out, count in
                count = pixels
                for pixel in 0..<pixels {
                    let own = Int(decisions[pixel])
                    var best = own == 0 ? min(1, classes - 1) : 0
                    for k in 0..<classes
                    where k != own && values[k * pixels + pixel] > values[best * pixels + pixel] {
                        best = k
                    }
                    out[pixel] = UInt8(best)
                }
            }
        }
    }

    /// Cleans the masks of one image.
    ///
    /// - Parameters:
    ///   - decisions: `[height, width]` of class indices, or `[class, height, width]` of 0 and 1.
    ///   - runnersUp: `[height, width]`; empty where `needsRunnersUp` is false.
    public func apply(
        to decisions: inout [UInt8], runnersUp: [UInt8], height: Int, width: Int
    ) {
        let pixels = height * width
        guard isExclusive else {
            precondition(decisions.count == steps.count * pixels)
            for (k, own) in steps.enumerated() {
                guard let own else { continue }
                let plane = k * pixels..<(k + 1) * pixels
                let mask = decisions.withUnsafeBufferPointer {
                    BinaryMask(
                        height: height, width: width,
                        values: UnsafeBufferPointer(rebasing: $0[plane]))
                }
                decisions.replaceSubrange(plane, with: own.applied(to: mask, connectivity).values)
            }
            return
        }
        precondition(decisions.count == pixels && (!needsRunnersUp || runnersUp.count == pixels))
        let owners = owners(of: decisions, height: height, width: width)
        let isCleaned = steps.map { $0 != nil }
        decisions.withUnsafeMutableBufferPointer { decisions in
            for pixel in 0..<pixels {
                let own = Int(decisions[pixel])
                if owners[pixel] != LabelMap.ignore {
                    decisions[pixel] = owners[pixel]
                } else if own < isCleaned.count, isCleaned[own] {
                    decisions[pixel] = hasBackground && own != 0 ? 0 : runnersUp[pixel]
                }
            }
        }
    }

    /// The class with steps that has each pixel afterwards; `ignore` where none has.
    private func owners(of decisions: [UInt8], height: Int, width: Int) -> [UInt8] {
        let map = LabelMap(height: height, width: width, labels: decisions)
        var owners = [UInt8](repeating: LabelMap.ignore, count: decisions.count)
        for (k, own) in steps.enumerated() {
            guard let own else { continue }
            let mask = own.applied(to: BinaryMask(map, class: UInt8(k)), connectivity)
            mask.values.withUnsafeBufferPointer { mask in
                owners.withUnsafeMutableBufferPointer { owners in
                    for pixel in 0..<mask.count where mask[pixel] == 1 {
                        if owners[pixel] == LabelMap.ignore || decisions[pixel] == k {
                            owners[pixel] = UInt8(k)
                        }
                    }
                }
            }
        }
        return owners
    }

    /// Cleans one model's decisions of one image.
    ///
    /// - Parameter probabilities: made only where `needsRunnersUp` is true.
    func cleaned(
        _ decisions: [UInt8], probabilities: @autoclosure () -> [Float], height: Int, width: Int
    ) -> [UInt8] {
        var result = decisions
        apply(
            to: &result,
            runnersUp: needsRunnersUp
                ? Self.runnersUp(
                    probabilities: probabilities(), decisions: decisions, classes: steps.count)
                : [],
            height: height, width: width)
        return result
    }
}

extension OpenedEnsemble {
    /// What is done with the ensemble's masks; nil for nothing.
    public var postProcessor: PostProcessor? {
        PostProcessor(manifest.postprocessing, output)
    }
}
