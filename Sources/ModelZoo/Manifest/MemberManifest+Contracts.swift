extension MemberManifest {
    /// What the network takes: bands by name and order, and what is done to stored values first.
    public struct Input: Codable, Hashable, Sendable {
        /// One band of the image; the network sees `(stored * scale - mean) / deviation`.
        public struct Band: Codable, Hashable, Sendable {
            public var name: String
            public var mean: Double
            public var deviation: Double
            /// Where the band lies in an image's files; nil for all bands of all files in order.
            public var origin: Origin?
            /// How the band is computed; nil for a band that the image's files hold.
            public var computed: Computed?

            public init(
                name: String, mean: Double, deviation: Double, origin: Origin? = nil,
                computed: Computed? = nil
            ) {
                self.name = name
                self.mean = mean
                self.deviation = deviation
                self.origin = origin
                self.computed = computed
            }

            /// A stored band of one of the files that make up an image, both counted from 0.
            public struct Origin: Codable, Hashable, Sendable {
                public var file: Int
                public var stored: Int

                public init(file: Int, stored: Int) {
                    self.file = file
                    self.stored = stored
                }
            }
        }

        /// For each file of an image its stored bands, in the network's order; nil where all bands
        /// are taken as they lie.
        public var storedBands: [[Int]]? {
            let origins = bands.compactMap(\.origin)
            guard origins.count == fileBands.count, let files = origins.map(\.file).max() else {
                return nil
            }
            return (0...files).map { file in
                origins.filter { $0.file == file }.map(\.stored)
            }
        }

        /// The bands that an image's files hold; those that are computed from them stand behind.
        public var fileBands: [Band] { bands.filter { $0.computed == nil } }

        /// The bands that are computed from those of the files, in order.
        public var computedBands: [Band] { bands.filter { $0.computed != nil } }

        /// What is done with images whose height or width the network does not take.
        public enum SizePolicy: String, Codable, CaseIterable, Sendable {
            /// Reflected at the right and at the bottom up to a multiple, and cropped afterwards.
            case padToMultiple = "pad-to-multiple"
            /// Brought to `size` bilinearly; probabilities are brought back to the image's own size.
            case resize
        }

        public var bands: [Band]
        /// Multiplies stored values before normalisation, such as 1/255 for 8 bits.
        public var scale: Double
        public var sizePolicy: SizePolicy
        /// Height and width that `resize` brings images to; absent for other policies.
        public var size: [Int]?
        /// Height and width that the network takes are multiples of this.
        public var multiple: Int
        /// Images larger than this are predicted by a sliding window of this size.
        public var tile: Int?
        /// The stored value that means "not measured".
        public var nodata: Double?

        public init(
            bands: [Band], scale: Double = 1, sizePolicy: SizePolicy = .padToMultiple,
            size: [Int]? = nil, multiple: Int, tile: Int? = nil, nodata: Double? = nil
        ) {
            self.bands = bands
            self.scale = scale
            self.sizePolicy = sizePolicy
            self.size = size
            self.multiple = multiple
            self.tile = tile
            self.nodata = nodata
        }
    }

    /// What the network's channels mean.
    public struct Output: Codable, Hashable, Sendable {
        /// One class, in the order of the logits' channels.
        public struct Class: Codable, Hashable, Sendable {
            public var name: String
            /// Red, green and blue, 0 to 255.
            public var color: [Int]

            public init(name: String, color: [Int]) {
                self.name = name
                self.color = color
            }
        }

        /// What makes probabilities of logits.
        public enum Activation: String, Codable, CaseIterable, Sendable {
            /// Each class for itself; classes may overlap.
            case sigmoid
            /// One class per pixel.
            case softmax
        }

        public var classes: [Class]
        public var activation: Activation
        /// Probability from which a sigmoid class counts as present; absent for softmax.
        public var threshold: Double?
        /// Probability of a class being in the image from which its mask is kept; absent without an
        /// image head.
        public var presenceThreshold: Double?

        public init(
            classes: [Class], activation: Activation, threshold: Double? = nil,
            presenceThreshold: Double? = nil
        ) {
            self.classes = classes
            self.activation = activation
            self.threshold = threshold
            self.presenceThreshold = presenceThreshold
        }
    }
}
