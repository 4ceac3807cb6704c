import TensorCore

extension Augmentation {
    /// What random choices depend on, and nothing else.
    public struct Draw: Sendable, Hashable {
        public var seed: UInt64
        public var member: Int
        public var epoch: Int
        /// The sample's position in the bag: one that was drawn twice moves differently each time.
        public var sample: Int
        private var offset = 0

        public init(seed: UInt64, member: Int, epoch: Int, sample: Int) {
            self.seed = seed
            self.member = member
            self.epoch = epoch
            self.sample = sample
        }

        /// What has numbers of its own; raw values are part of the format.
        public enum Purpose: Int, Sendable {
            case gridMovement = 0
            case shiftScaleRotate, zoom, translate, gridDistortion, opticalDistortion, elastic
            case paste, mix, brightness, contrast, noise
        }

        public func stream(_ purpose: Purpose) -> RandomStream {
            RandomStream(
                seed: seed, purpose: .augmentation, member: member, epoch: epoch, sample: sample
            ).substream(offset + purpose.rawValue)
        }

        /// The draw by which the sample moves that `paste` or `mix` takes something from.
        public func partner(for purpose: Purpose) -> Draw {
            var partner = self
            partner.offset = 32 * purpose.rawValue
            return partner
        }
    }
}
