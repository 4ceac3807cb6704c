import Foundation
import NeuralNetworks
import SegmentationModels
import TensorCore
import TestSupport
import Testing

/// The same weights, the same logits as milesial's U-Net and segmentation_models.pytorch's networks
/// (R20; scripts/golden/parity.py), and as such U-Nets side by side and with
/// segmentation_models.pytorch's classification head (scripts/golden/parity_dual.py).
@Suite struct ParityTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        struct Training: Decodable {
            var loss: Double
            /// Norm and projection of each gradient and running statistic, by name.
            var tensors: [Double]
        }

        var name: String
        var configuration: ModelConfiguration
        var input: [Int]
        /// The name that the input is a hash of; chosen so that no ReLU hangs on rounding.
        var seed: String
        var parameters: Int
        /// For each part of the network, named by two levels, a hash of its tensors' names and extents.
        var state: [String: String]
        var largest: Double
        /// At 64 places, as far apart as can be.
        var logits: [Double]
        /// Of every pixel, in as few bits as the classes take, the lowest first.
        var packedLabels: Data
        /// Logits of the image head.
        var presence: [Double]?
        var training: Training?

        var description: String { name }

        func network() throws -> any SegmentationNetwork {
            func filled(_ network: some SegmentationNetwork) -> any SegmentationNetwork {
                var result = network
                Networks.fill(&result)
                return result
            }
            return filled(try ModelFactory.unfilled(configuration))
        }

        func positions(of count: Int) -> [Int] {
            let step = Double(count - 1) / Double(logits.count - 1)
            return logits.indices.map {
                $0 == logits.count - 1 ? count - 1 : Int(Double($0) * step)
            }
        }

        /// - Parameter count: pixels.
        func labels(of count: Int) -> [Int] {
            let width = Int.bitWidth - max(1, configuration.classes - 1).leadingZeroBitCount
            return (0..<count).map { pixel in
                (0..<width).reduce(0) { label, bit in
                    let place = pixel * width + bit
                    return label | Int(packedLabels[place / 8] >> (place % 8) & 1) << bit
                }
            }
        }

        var image: Tensor { ClosedForm.single(seed, Shape(input)).tensor() }
    }

    static let published = (try? Golden.load("parity", as: [Entry].self)) ?? []
    /// With optional parts of blocks (scripts/golden/blocks.py).
    static let optional = (try? Golden.load("blocks", as: [Entry].self)) ?? []
    /// Two U-Nets, and image heads (scripts/golden/parity_dual.py).
    static let dual = (try? Golden.load("parity_dual", as: [Entry].self)) ?? []
    static let entries = published + optional + dual
    static let narrow = entries.filter { $0.training != nil }

    @Test func theGoldensAreThere() {
        #expect(Self.published.count == 13)
        #expect(Self.optional.count == 17)
        #expect(Self.dual.count == 9)
        #expect(Self.narrow.count == 7 + 12 + 9)
        #expect(Self.entries.filter { $0.presence != nil }.count == 3)
    }

    /// In no order, since HDF5 has none; `num_batches_tracked` means nothing outside PyTorch.
    @Test(arguments: entries)
    func theStateIsPyTorchs(_ entry: Entry) throws {
        let network = try ModelFactory.unfilled(entry.configuration)
        let parts = Dictionary(grouping: network.stateEntries()) {
            $0.path.prefix(2).joined(separator: "/")
        }
        #expect(parts.keys.sorted() == entry.state.keys.sorted())
        for (part, leaves) in parts {
            let lines = leaves.map { leaf in
                let extents = leaf.tensor.shape.dimensions.map(String.init).joined(separator: "x")
                return "\(leaf.name) \(extents)"
            }.sorted()
            let digest = ClosedForm.digest(lines.joined(separator: "\n"))
            #expect(digest == entry.state[part], "\(part): \(lines)")
        }
        #expect(network.parameterCount == entry.parameters)
    }

    @Test(arguments: entries)
    func logitsAgreeOnOneDNN(_ entry: Entry) throws {
        try checkLogits(entry, Backends.oneDNN, bound: 1e-4)
    }

    @Test(arguments: narrow)
    func logitsAgreeOnOpenBLAS(_ entry: Entry) throws {
        try checkLogits(entry, Backends.openBLAS, bound: 1e-4)
    }

    /// Our own Winograd, in every layer that has it, stays within direct convolution's bound.
    ///
    /// Gates that multiply gates enlarge every rounding: PyTorch's single precision is 9e-4 off its
    /// double precision in the nested scSE network.
    @Test(arguments: entries)
    func logitsAgreeOnKernelsChosenByShape(_ entry: Entry) throws {
        let enlarges = entry.configuration.blocks?.attention == .concurrent ? 50.0 : 1
        try checkLogits(entry, OneDNNBackend(.byShape), bound: 1e-4 * min(enlarges, 10))
        let network = try entry.network()
        let (direct, winograd) = ComputeThread.shared.run {
            (
                network.predictLogits(entry.image, backend: OneDNNBackend(.exact)),
                network.predictLogits(entry.image, backend: OneDNNBackend(.byShape))
            )
        }
        #expect(Comparison.error(winograd, direct) < 2e-5 * enlarges)
    }

    /// Measured kernels may be oneDNN's Winograd, which has its own bound.
    @Test(arguments: entries.filter { ["unet", "unet resnet18"].contains($0.name) })
    func logitsAgreeOnMeasuredKernels(_ entry: Entry) throws {
        try checkLogits(entry, OneDNNBackend(.measured), bound: 1e-3)
    }

    private func checkLogits(
        _ entry: Entry, _ backend: any ComputeBackend, bound: Double
    ) throws {
        let network = try entry.network()
        let (logits, presence) = ComputeThread.shared.run {
            network.predict(entry.image, backend: backend)
        }
        #expect(presence?.count == entry.presence?.count)
        let scale = entry.presence?.map(abs).max() ?? 0
        for (value, expected) in zip(presence?.values ?? [], entry.presence ?? []) {
            #expect(abs(Double(value) - expected) < bound * scale)
        }
        let values = logits.values
        let (n, classes, height, width) = logits.shape.nchw
        var expectedShape = entry.input
        expectedShape[1] = entry.configuration.classes
        #expect(logits.shape.dimensions == expectedShape)
        let largest = Double(values.map(abs).max() ?? 0)
        #expect(abs(largest - entry.largest) < bound * entry.largest)
        #expect(entry.logits.count == 64)
        for (position, expected) in zip(entry.positions(of: values.count), entry.logits) {
            #expect(abs(Double(values[position]) - expected) < bound * entry.largest)
        }
        // The first of equal logits, as argmax in PyTorch.
        let pixels = height * width
        var labels: [Int] = []
        for image in 0..<n {
            for pixel in 0..<pixels {
                let start = image * classes * pixels + pixel
                var best = 0
                for k in 1..<classes
                where values[start + k * pixels] > values[start + best * pixels] {
                    best = k
                }
                labels.append(best)
            }
        }
        let wrong = zip(labels, entry.labels(of: labels.count)).filter { $0 != $1 }.count
        #expect(Double(wrong) <= (bound < 1e-3 ? 1e-4 : 1e-3) * Double(labels.count))
    }

    /// Loss, every gradient and every running statistic of one training step.
    @Test(arguments: narrow)
    func oneTrainingStepAgrees(_ entry: Entry) throws {
        let golden = try #require(entry.training)
        let network = try entry.network()
        let image = entry.image
        let classes = entry.configuration.classes
        var labels = ClosedForm.uniform(
            "labels", count: entry.input[0] * entry.input[2] * entry.input[3]
        ).map { UInt8(($0 + 1) / 2 * Double(classes)) }
        if entry.presence != nil {
            // The last class is not in the first image.
            for index in 0..<entry.input[2] * entry.input[3] where labels[index] == classes - 1 {
                labels[index] = 0
            }
        }
        let target = TargetBatch(
            kind: .softmax, batch: entry.input[0], classes: classes, height: entry.input[2],
            width: entry.input[3], labels: labels)
        let loss = Loss([.init(.crossEntropy)])
        // The reference is in double precision; a gate whose ReLU is shut has no gradient at all.
        let bound = 1e-3
        for backend in Backends.all {
            let step = ComputeThread.shared.run {
                Step(network, image, target, loss, backend: backend)
            }
            let value = try #require(step.loss)
            #expect(abs(value - golden.loss) < 1e-4 * golden.loss)
            let leaves = network.stateEntries().sorted { $0.name < $1.name }
            #expect(step.gradients.count + step.buffers.count == leaves.count)
            try #require(2 * leaves.count == golden.tensors.count)
            for (index, leaf) in leaves.enumerated() {
                let expected = golden.tensors[2 * index...2 * index + 1].map(\.self)
                let tensors = leaf.isParameter ? step.gradients : step.buffers
                let tensor = ReferenceTensor(try #require(tensors[leaf.id], "\(leaf.name)"))
                let direction = ClosedForm.uniform(
                    "direction/" + leaf.path.joined(separator: "."), count: tensor.shape.count)
                let norm = tensor.dot(tensor).squareRoot()
                let product = tensor.dot(ReferenceTensor(direction, shape: tensor.shape))
                let place = "\(leaf.name), \(backend.name)"
                #expect(abs(norm - expected[0]) <= bound * expected[0], "\(place)")
                #expect(abs(product - expected[1]) <= bound * expected[0], "\(place)")
            }
        }
    }

    /// Parameters as published, with one class.
    @Test(arguments: [
        (ModelConfiguration.unet(bands: 3, classes: 2), 31_037_698),
        (.unet(bands: 3, classes: 2, upsampling: .bilinear), 17_263_042),
        (.unet(bands: 3, classes: 1), 31_037_633),
        (.unet(bands: 3, classes: 1, upsampling: .bilinear), 17_262_977),
        (.encoderUNet(.resnet18, bands: 3, classes: 1), 14_328_209),
        (.encoderUNet(.resnet34, bands: 3, classes: 1), 24_436_369),
        (.encoderUNet(.resnet50, bands: 3, classes: 1), 32_521_105),
    ])
    func parameterTotalsAreThePublishedOnes(
        _ configuration: ModelConfiguration, _ total: Int
    ) throws {
        #expect(try ModelFactory.make(configuration, seed: 1).parameterCount == total)
    }
}
