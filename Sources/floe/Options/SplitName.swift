import ArgumentParser
import DurableFiles
import SegmentationData

/// A part of a data set, as `--split` names it.
enum SplitName: String, CaseIterable, ExpressibleByArgument {
    case train, validation, test, all

    /// The samples of the part, in the data set's order.
    func samples(of dataset: SegmentationDataset) throws -> [Int] {
        guard self != .all else { return Array(0..<dataset.count) }
        let plan = try dataset.split()
        let samples =
            switch self {
            case .train: plan.train
            case .validation: plan.validation
            case .test, .all: plan.test
            }
        guard !samples.isEmpty else {
            throw FloeError(
                .badData, file: dataset.description.root, "the split '\(rawValue)' is empty",
                advice: "check data.split, or choose another --split")
        }
        return samples
    }
}
