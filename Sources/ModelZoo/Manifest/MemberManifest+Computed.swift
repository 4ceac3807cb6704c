extension MemberManifest.Input.Band {
    /// How a band is computed from one that the image's files hold, at the size that the network
    /// sees and before normalisation; `docs/formats.md` says what each filter is.
    public struct Computed: Codable, Hashable, Sendable {
        public enum Filter: String, Codable, CaseIterable, Sendable {
            case threshold, sobel, laplacian, haar
        }

        public enum Subband: String, Codable, CaseIterable, Sendable {
            case approximation, horizontal, vertical, diagonal
        }

        /// The name of the band that it is computed from.
        public var from: String
        public var filter: Filter
        /// From which value on `threshold` gives 1; absent for other filters.
        public var at: Double?
        /// The coefficient that `haar` gives; absent for other filters.
        public var subband: Subband?

        public init(from: String, filter: Filter, at: Double? = nil, subband: Subband? = nil) {
            self.from = from
            self.filter = filter
            self.at = at
            self.subband = subband
        }

        /// What is wrong with it; nil where nothing is.
        var problem: String? {
            if (filter == .threshold) != (at != nil) {
                return "a value to compare with for threshold and only for it"
            }
            if let at, !at.isFinite { return "a finite value to compare with" }
            if (filter == .haar) != (subband != nil) {
                return "a subband for haar and only for it"
            }
            return nil
        }
    }
}
