extension ModelConfiguration {
    /// A head that says which classes are in the image at all.
    public struct ImageHead: Codable, Hashable, Sendable {
        /// How the deepest map becomes one value per channel; the names are those of
        /// segmentation_models.pytorch.
        public enum Pooling: String, Codable, CaseIterable, Sendable {
            case average = "avg"
            case max
        }

        public var pooling: Pooling
        /// Share of the pooled values that training sets to zero.
        public var dropout: Double

        public init(pooling: Pooling = .average, dropout: Double = 0.2) {
            self.pooling = pooling
            self.dropout = dropout
        }
    }

    /// - Throws: `ModelConfigurationError` naming the first value that is out of its range.
    func validateImageHead() throws {
        guard let imageHead else { return }
        guard imageHead.dropout >= 0, imageHead.dropout < 1 else {
            throw ModelConfigurationError(
                description: "dropout of the image head out of range, expected at least 0 and "
                    + "below 1, got \(imageHead.dropout)")
        }
    }
}
