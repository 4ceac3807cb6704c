import NeuralNetworks
import SegmentationModels
import TensorCore
import TestSupport
import Testing

/// Whole networks: determinism, learning, and trouble that must not stay hidden.
@Suite struct TrainingStepTests {
    /// R18 in small: the same steps give the same bits, by direct and by Winograd kernels.
    @Test(arguments: Networks.narrow + [.unet(bands: 3, classes: 2, baseWidth: 16, levels: 2)])
    func trainingTwiceGivesTheSameBits(_ configuration: ModelConfiguration) throws {
        let measured = OneDNNBackend(.measured)
        _ = try train(configuration, measured, steps: 1)
        let table = measured.kernelTable
        for choice in [OneDNNBackend.KernelChoice.exact, .table(table), .byShape] {
            let first = try train(configuration, OneDNNBackend(choice), steps: 3)
            let second = try train(configuration, OneDNNBackend(choice), steps: 3)
            #expect(first.losses == second.losses)
            #expect(first.losses.allSatisfy { $0.isFinite })
            #expect(
                zip(first.state, second.state).allSatisfy { a, b in
                    zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
                })
        }
    }

    private func train(
        _ configuration: ModelConfiguration, _ backend: any ComputeBackend, steps: Int
    ) throws -> (losses: [Double], state: [[Float]]) {
        let start = try Networks.make(configuration)
        return ComputeThread.shared.run {
            var network = start
            var optimizer = Optimizer(.adam)
            var losses: [Double] = []
            for index in 0..<steps {
                let (image, target) = Networks.batch(configuration, seed: index)
                let step = Step(
                    network, image, target, Networks.loss(configuration), backend: backend)
                losses.append(step.loss ?? .nan)
                optimizer.step(&network, gradients: step.gradients, rate: 1e-3)
                network.replaceState { step.buffers[$0.id] }
            }
            return (losses, network.stateEntries().map(\.tensor.values))
        }
    }

    /// Learning works: the loss of one batch falls far below guessing.
    @Test(arguments: Networks.narrow)
    func oneBatchIsLearned(_ configuration: ModelConfiguration) throws {
        let start = try Networks.make(configuration)
        let (image, _) = Networks.batch(configuration)
        let (n, _, height, width) = image.shape.nchw
        let plane = height * width
        let labels = (0..<n * plane).map { index in
            let row = index % plane / width
            return UInt8(row < height / 2 ? 0 : 1)
        }
        let target = TargetBatch(
            kind: configuration.classes == 1 ? .sigmoid : .softmax, batch: n,
            classes: configuration.classes, height: height, width: width, labels: labels)
        let losses = ComputeThread.shared.run {
            var network = start
            var optimizer = Optimizer(.adam)
            return (0..<25).map { _ in
                let step = Step(
                    network, image, target, Networks.loss(configuration),
                    backend: Backends.oneDNN)
                optimizer.step(&network, gradients: step.gradients, rate: 1e-2)
                return step.loss ?? .nan
            }
        }
        #expect(losses[24] < 0.6 * losses[0], "\(configuration.name): \(losses)")
    }

    /// A NaN in the image or in any learned tensor reaches the loss, so that training stops there
    /// (R15).
    @Test(arguments: Networks.narrow)
    func noNumberReachesTheLoss(_ configuration: ModelConfiguration) throws {
        let network = try Networks.make(configuration)
        let (image, target) = Networks.batch(configuration)
        let loss = Networks.loss(configuration)
        var brokenImage = image
        brokenImage.withUnsafeMutableElements { $0[$0.count / 3] = .nan }
        for backend in Backends.all {
            let value = ComputeThread.shared.run {
                Step(network, brokenImage, target, loss, backend: backend).loss
            }
            #expect(value?.isNaN == true, "image, \(backend.name)")
        }
        let missed = ComputeThread.shared.run {
            network.stateEntries().filter(\.isParameter).filter { leaf in
                let broken = self.breaking(network, leaf.id)
                let step = Step(broken, image, target, loss, backend: Backends.oneDNN)
                return step.loss?.isFinite ?? true
            }.map(\.name)
        }
        #expect(missed.isEmpty, "\(missed)")
    }

    private func breaking(
        _ network: some SegmentationNetwork, _ id: LeafID
    ) -> any SegmentationNetwork {
        var result = network
        result.replaceState { entry in
            guard entry.id == id else { return nil }
            var tensor = entry.tensor
            tensor.withUnsafeMutableElements { $0[$0.count / 2] = .nan }
            return tensor
        }
        return result
    }
}
