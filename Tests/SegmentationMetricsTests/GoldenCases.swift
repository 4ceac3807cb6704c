import SegmentationMetrics
import TensorCore

/// The inputs behind the golden numbers; scripts/golden/metrics.py draws the same from a port of
/// `RandomStream`, so that only results are committed.
enum GoldenCases {
    /// A truth and a prediction drawn pixel by pixel.
    struct Maps {
        var truth: [UInt8] = []
        var prediction: [UInt8] = []
    }

    static let classes = 5
    /// The classes that occur in the truth and in the prediction of each image.
    static let present: [(truth: [UInt8], prediction: [UInt8])] = [
        ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]),
        ([0, 1, 3], [0, 1, 2]),
        ([0, 2], [0, 2]),
        ([1], [1]),
        ([0, 4], [3]),
        ([0], [0, 1]),
    ]
    static let sizes = [(31, 17), (8, 9), (16, 16), (5, 7), (12, 3), (20, 20)]

    static func maps(_ image: Int) -> Maps {
        var stream = RandomStream(seed: UInt64(image), purpose: .test)
        let (height, width) = sizes[image]
        let (ofTruth, ofPrediction) = present[image]
        var maps = Maps()
        for _ in 0..<height * width {
            let label = ofTruth[stream.index(below: ofTruth.count)]
            let guess = ofPrediction[stream.index(below: ofPrediction.count)]
            let isRight = stream.uniform() < 0.6 && ofPrediction.contains(label)
            maps.prediction.append(isRight ? label : guess)
            maps.truth.append(stream.uniform() < 0.1 ? LabelMap.ignore : label)
        }
        return maps
    }

    static func matrix(_ image: Int) -> ConfusionMatrix {
        let maps = maps(image)
        let (height, width) = sizes[image]
        return ConfusionMatrix(
            truth: LabelMap(height: height, width: width, labels: maps.truth),
            prediction: LabelMap(height: height, width: width, labels: maps.prediction),
            classes: classes)
    }

    static let images = sizes.indices.map {
        ImageCounts(id: "image \($0)", confusion: matrix($0))
    }

    /// Overlapping masks, `[3, 211]`: the third class is nowhere.
    static func masks() -> (truth: [UInt8], prediction: [UInt8], ignore: [UInt8]) {
        var stream = RandomStream(seed: 100, purpose: .test)
        var (truth, prediction) = ([UInt8](), [UInt8]())
        for index in 0..<3 {
            for _ in 0..<211 {
                let isTrue = index < 2 && stream.uniform() < 0.4
                let isPredicted = index < 2 && stream.uniform() < (isTrue ? 0.7 : 0.2)
                prediction.append(isPredicted ? 1 : 0)
                truth.append(stream.uniform() < 0.05 ? LabelMap.ignore : isTrue ? 1 : 0)
            }
        }
        let ignore = (0..<211).map { _ in UInt8(stream.uniform() < 0.1 ? 7 : 0) }
        return (truth, prediction, ignore)
    }

    /// A truth `[19, 13]` and probabilities `[4, 19, 13]`; some probabilities are exactly 0 and 1.
    static func probabilities() -> (truth: LabelMap, probabilities: [Float]) {
        var stream = RandomStream(seed: 200, purpose: .test)
        let pixels = 19 * 13
        var labels: [UInt8] = []
        var probabilities = [Float](repeating: 0, count: 4 * pixels)
        for pixel in 0..<pixels {
            labels.append(
                stream.uniform() < 0.1 ? LabelMap.ignore : UInt8(stream.index(below: 3)))
            let isCertain = stream.uniform() < 0.05
            var raw: [Double] = []
            for _ in 0..<4 {
                let value = stream.uniform()
                raw.append(value * value * value)
            }
            if isCertain { raw = [0, 1, 0, 0] }
            let sum = raw[0] + raw[1] + raw[2] + raw[3]
            for index in 0..<4 { probabilities[index * pixels + pixel] = Float(raw[index] / sum) }
        }
        return (LabelMap(height: 19, width: 13, labels: labels), probabilities)
    }

    /// Paired differences; with `ties` they are multiples of 1/8, zero among them.
    static func differences(_ count: Int, ties: Bool) -> [Double] {
        var stream = RandomStream(seed: 300 + UInt64(count), purpose: .test)
        return (0..<count).map { _ in
            ties ? Double(stream.index(below: 9) - 3) / 8 : (stream.uniform() - 0.35) * 0.125
        }
    }
}
