import Foundation
import NeuralNetworks
import TensorCore

/// Every term of a loss in double precision, label by label and without any trick.
struct ReferenceLoss {
    let target: TargetBatch
    let logits: [Double]
    let probabilities: [Double]

    private var pixels: Int { target.height * target.width }

    init(_ logits: [Double], _ target: TargetBatch, ignoring ignored: [Int]) {
        self.target = TargetBatch(
            kind: target.kind, batch: target.batch, classes: target.classes,
            height: target.height, width: target.width,
            labels: target.labels.enumerated().map { index, label in
                let plane = index / (target.height * target.width)
                let k = target.kind == .sigmoid ? plane % target.classes : Int(label)
                return ignored.contains(k) ? LabelMap.ignore : label
            })
        self.logits = logits
        let pixels = target.height * target.width
        var p = logits.map { 1 / (1 + exp(-$0)) }
        if target.kind == .softmax {
            for image in 0..<target.batch {
                for pixel in 0..<pixels {
                    let places = (0..<target.classes).map {
                        (image * target.classes + $0) * pixels + pixel
                    }
                    let largest = places.map { logits[$0] }.max() ?? 0
                    let sum = places.reduce(0) { $0 + exp(logits[$1] - largest) }
                    for place in places { p[place] = exp(logits[place] - largest) / sum }
                }
            }
        }
        probabilities = p
    }

    static func value(
        _ weighted: Loss.Weighted, _ logits: [Double], _ target: TargetBatch
    ) -> Double {
        let reference = ReferenceLoss(logits, target, ignoring: weighted.ignoredClasses)
        return weighted.weight * reference.value(weighted)
    }

    private func value(_ weighted: Loss.Weighted) -> Double {
        let weights = (weighted.classWeights ?? [Float](repeating: 1, count: target.classes))
            .map(Double.init)
        switch weighted.term {
        case .binaryCrossEntropy, .crossEntropy:
            return entropy(weights, smoothing: weighted.labelSmoothing) { _, _ in 1 }
        case .focal(let gamma, let alpha):
            return entropy(weights, smoothing: 0) { p, isPresent in
                pow(1 - p, gamma) * (alpha.map { isPresent ? $0 : 1 - $0 } ?? 1)
            }
        case .dice(let smooth):
            return overClasses(weights) { tp, fp, fn in
                1 - (2 * tp + smooth) / (2 * tp + fp + fn + smooth)
            }
        case .tversky(let alpha, let beta, let smooth, let gamma):
            return overClasses(weights) { tp, fp, fn in
                pow(
                    1 - (tp + smooth) / (tp + alpha * fp + beta * fn + smooth), 1 / (gamma ?? 1))
            }
        case .lovasz: return target.kind == .sigmoid ? hinge() : lovaszSoftmax()
        case .boundary: return boundary()
        case .classLimit(let limit, let share): return classLimit(limit, share)
        case .lowPass: return lowPass()
        }
    }

    /// 1, 0, or nil where ignored.
    func truth(_ image: Int, _ k: Int, _ pixel: Int) -> Double? {
        let label =
            target.kind == .sigmoid
            ? target.labels[(image * target.classes + k) * pixels + pixel]
            : target.labels[image * pixels + pixel]
        guard label != LabelMap.ignore else { return nil }
        return target.kind == .sigmoid ? (label == 0 ? 0 : 1) : (Int(label) == k ? 1 : 0)
    }

    /// Every label that counts: image, class, pixel, place of the probability, truth.
    private func forEach(_ body: (Int, Int, Int, Int, Double) -> Void) {
        for image in 0..<target.batch {
            for k in 0..<target.classes {
                for pixel in 0..<pixels {
                    guard let t = truth(image, k, pixel) else { continue }
                    body(image, k, pixel, (image * target.classes + k) * pixels + pixel, t)
                }
            }
        }
    }

    private func entropy(
        _ weights: [Double], smoothing: Double, _ factor: (Double, Bool) -> Double
    ) -> Double {
        var (sum, count) = (0.0, 0.0)
        forEach { _, k, _, place, t in
            let (p, x) = (probabilities[place], logits[place])
            if target.kind == .sigmoid {
                let soft = t * (1 - smoothing) + smoothing / 2
                let entropy = max(x, 0) - x * soft + log1p(exp(-abs(x)))
                sum += weights[k] * entropy * factor(t == 1 ? p : 1 - p, t == 1)
                count += weights[k]
            } else {
                if t == 1 {
                    sum -= (1 - smoothing) * weights[k] * log(p) * factor(p, true)
                    count += weights[k]
                }
                sum -= smoothing / Double(target.classes) * weights[k] * log(p)
            }
        }
        return sum / count
    }

    private func overClasses(
        _ weights: [Double], _ loss: (Double, Double, Double) -> Double
    ) -> Double {
        var sums = [(tp: Double, fp: Double, fn: Double, present: Double)](
            repeating: (0, 0, 0, 0), count: target.classes)
        forEach { _, k, _, place, t in
            let p = probabilities[place]
            sums[k].tp += p * t
            sums[k].fp += p * (1 - t)
            sums[k].fn += (1 - p) * t
            sums[k].present += t
        }
        var (total, count) = (0.0, 0.0)
        for k in 0..<target.classes where sums[k].present > 0 {
            total += weights[k] * loss(sums[k].tp, sums[k].fp, sums[k].fn)
            count += weights[k]
        }
        return total / count
    }

    /// Errors times the growth of 1 - I/U.
    private func lovasz(_ errors: [(error: Double, isPresent: Bool)]) -> Double {
        let sorted = errors.sorted { $0.error > $1.error }
        let present = Double(sorted.count { $0.isPresent })
        var (hits, misses, before, total) = (0.0, 0.0, 0.0, 0.0)
        for (error, isPresent) in sorted {
            if isPresent { hits += 1 } else { misses += 1 }
            let jaccard = 1 - (present - hits) / (present + misses)
            total += max(0, error) * (jaccard - before)
            before = jaccard
        }
        return total
    }

    private func hinge() -> Double {
        var planes: [Int: [(Double, Bool)]] = [:]
        forEach { image, k, _, place, t in
            planes[image * target.classes + k, default: []].append(
                (1 - logits[place] * (2 * t - 1), t == 1))
        }
        return planes.sorted { $0.key < $1.key }.reduce(0) { $0 + lovasz($1.value) }
            / Double(planes.count)
    }

    private func lovaszSoftmax() -> Double {
        var classes: [Int: [(Double, Bool)]] = [:]
        forEach { _, k, _, place, t in
            classes[k, default: []].append((abs(t - probabilities[place]), t == 1))
        }
        let occurring = classes.filter { $0.value.contains { $0.1 } }
        return occurring.sorted { $0.key < $1.key }.reduce(0) { $0 + lovasz($1.value) }
            / Double(occurring.count)
    }

    private func boundary() -> Double {
        var (sum, count) = (0.0, 0.0)
        for image in 0..<target.batch {
            for k in 0..<target.classes {
                let labels = (0..<pixels).map { truth(image, k, $0) }
                func distances(to label: Double) -> [Double] {
                    DistanceTransform.distances(
                        to: labels.map { $0 == label ? 1 : 0 }, height: target.height,
                        width: target.width
                    ).map(Double.init)
                }
                guard labels.contains(1), labels.contains(0) else { continue }
                let (toClass, toOthers) = (distances(to: 1), distances(to: 0))
                for (pixel, label) in labels.enumerated() {
                    guard let label else { continue }
                    sum +=
                        (label == 1 ? 1 - toOthers[pixel] : toClass[pixel])
                        * probabilities[(image * target.classes + k) * pixels + pixel]
                    count += 1
                }
            }
        }
        return sum / count
    }

    private func classLimit(_ limit: Double, _ share: Double) -> Double {
        var (total, images) = (0.0, 0.0)
        for image in 0..<target.batch {
            var sum = 0.0
            var isCounted = false
            for k in 0..<target.classes {
                let own = (0..<pixels).filter { truth(image, k, $0) != nil }
                    .map { probabilities[(image * target.classes + k) * pixels + $0] }
                    .sorted(by: >)
                guard !own.isEmpty else { continue }
                let highest = own.prefix(max(1, Int((share * Double(own.count)).rounded(.up))))
                sum += highest.reduce(0, +) / Double(highest.count)
                isCounted = true
            }
            total += max(0, sum - limit)
            images += isCounted ? 1 : 0
        }
        return total / images
    }

    private func lowPass() -> Double {
        var (total, count) = (0.0, 0.0)
        forEach { image, k, pixel, place, _ in
            let (row, column) = pixel.quotientAndRemainder(dividingBy: target.width)
            var (sum, neighbours) = (0.0, 0.0)
            for y in max(0, row - 1)...min(target.height - 1, row + 1) {
                for x in max(0, column - 1)...min(target.width - 1, column + 1)
                where truth(image, k, y * target.width + x) != nil {
                    sum += probabilities[place - pixel + y * target.width + x]
                    neighbours += 1
                }
            }
            total += abs(probabilities[place] - sum / neighbours)
            count += 1
        }
        return total / count
    }
}
