import DurableFiles
import TensorCore

/// What is recorded of an output, so that another machine can be held to it.
struct OutputSummary {
    static let sampleCount = 64
    typealias Sample = MemberManifest.SelfTestRecord.Sample

    let values: [Float]
    let mean: Double
    /// Largest absolute value.
    let largest: Double
    /// Of the values as little-endian float32.
    let digest: SHA256Digest

    init(_ output: Tensor) {
        values = output.values
        var sum = 0.0
        var largest: Float = 0
        for value in values {
            sum += Double(value)
            largest = max(largest, abs(value))
        }
        mean = sum / Double(max(1, values.count))
        self.largest = Double(largest)
        digest = values.map(\.bitPattern.littleEndian).withUnsafeBytes { .of($0) }
    }

    /// Values at up to 64 different places, ascending.
    ///
    /// - Parameter stream: tells several outputs of one network apart.
    func samples(seed: UInt64, stream number: Int = 1) -> [Sample] {
        let positions: [Int]
        if values.count <= Self.sampleCount {
            positions = Array(values.indices)
        } else {
            var stream = RandomStream(seed: seed, purpose: .selfTest, sample: number)
            var chosen: Set<Int> = []
            while chosen.count < Self.sampleCount {
                chosen.insert(stream.index(below: values.count))
            }
            positions = chosen.sorted()
        }
        return positions.map { Sample(position: $0, value: values[$0]) }
    }

    /// The first thing that is not as recorded; nil where all is.
    ///
    /// - Parameter tolerance: as a share of `largest`.
    func difference(
        mean: Double, largest: Double, samples: [Sample], tolerance: Double
    ) -> (what: String, expected: String, got: String)? {
        let allowed = tolerance * largest
        func compare(
            _ what: String, _ expected: Double, _ got: Double
        ) -> (what: String, expected: String, got: String)? {
            abs(expected - got) <= allowed
                ? nil : (what, "\(expected) within \(allowed)", "\(got)")
        }
        if let found = compare("mean", mean, self.mean) { return found }
        if let found = compare("largest absolute value", largest, self.largest) { return found }
        for sample in samples {
            guard values.indices.contains(sample.position) else {
                return ("value \(sample.position)", "\(sample.value)", "no such value")
            }
            let got = Double(values[sample.position])
            if let found = compare("value \(sample.position)", Double(sample.value), got) {
                return found
            }
        }
        return nil
    }
}
