import DurableFiles
import TensorCore

/// A first convolution for other bands than the red, green and blue that an encoder was trained on.
public enum FirstConvolution {
    /// What is done with bands that nothing else is said of.
    public enum Rule: String, Codable, CaseIterable, Sendable {
        /// One band: the sum over red, green and blue. Otherwise band i takes that of i mod 3, times
        /// 3 over the number of bands: segmentation_models.pytorch's rule. Three bands stay as they
        /// are.
        case cyclic
        /// Every band takes the mean of red, green and blue, times 3 over the number of bands.
        case mean
        /// Every band starts at random.
        case random
    }

    /// Where one band's part comes from.
    public enum Source: String, Codable, CaseIterable, Sendable {
        case red = "r"
        case green = "g"
        case blue = "b"
        case mean, random
    }

    /// The adapted kernel and what was done, for the manifest.
    ///
    /// - Parameters:
    ///   - pretrained: `[out, 3, height, width]`, or as many inputs as there are bands.
    ///   - random: `[out, bands, height, width]`, random.
    ///   - bands: their names, in order.
    ///   - named: sources of single bands.
    /// - Throws: `FloeError` of kind `usage` for a band that is not there, or where the encoder was
    ///   trained on other than three bands.
    static func adapt(
        _ pretrained: Tensor, random: Tensor, bands: [String], rule: Rule,
        named: [String: Source]
    ) throws -> (kernel: Tensor, description: String?) {
        for name in named.keys.sorted() where !bands.contains(name) {
            throw FloeError(
                .usage, "encoder.bands names '\(name)'",
                expected: "one of " + bands.joined(separator: ", "))
        }
        let inputs = pretrained.shape[1]
        if named.isEmpty {
            if rule == .random { return (random, "first convolution: random") }
            if inputs == bands.count, rule == .cyclic { return (pretrained, nil) }
        }
        guard inputs == 3 else {
            throw FloeError(
                .usage, "an encoder of \(inputs) bands cannot start a network of \(bands.count)",
                expected: "an encoder of three bands")
        }
        let single = named.isEmpty && rule == .cyclic && bands.count == 1
        // Keeps the size of the activations.
        let factor = single ? 3 : 3 / Float(bands.count)
        var kernel = random
        var parts: [String] = []
        for (index, band) in bands.enumerated() {
            let source = named[band] ?? (single ? .mean : rule.source(of: index))
            parts.append("\(band): \(source.rawValue)")
            guard source != .random else { continue }
            copy(source, of: pretrained, to: index, of: &kernel, factor: factor)
        }
        let how =
            single
            ? "sum over r, g, b" : parts.joined(separator: ", ") + ", times 3/\(bands.count)"
        return (kernel, "first convolution: \(how)")
    }

    private static func copy(
        _ source: Source, of pretrained: Tensor, to band: Int, of kernel: inout Tensor,
        factor: Float
    ) {
        let (outputs, bands) = (kernel.shape[0], kernel.shape[1])
        let taps = kernel.shape[2] * kernel.shape[3]
        pretrained.withUnsafeElements { from in
            kernel.withUnsafeMutableElements { to in
                for output in 0..<outputs {
                    for tap in 0..<taps {
                        func part(_ input: Int) -> Float { from[(output * 3 + input) * taps + tap] }
                        let value: Float =
                            switch source {
                            case .red: part(0)
                            case .green: part(1)
                            case .blue: part(2)
                            case .mean, .random: (part(0) + part(1) + part(2)) / 3
                            }
                        to[(output * bands + band) * taps + tap] = factor * value
                    }
                }
            }
        }
    }
}

extension FirstConvolution.Rule {
    fileprivate func source(of band: Int) -> FirstConvolution.Source {
        switch self {
        case .cyclic: [.red, .green, .blue][band % 3]
        case .mean: .mean
        case .random: .random
        }
    }
}
