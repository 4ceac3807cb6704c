import TensorCore

/// `augmentation:` how training images differ each time that they are seen.
///
/// In this order: flips and quarter turns, which only reorder pixels; then all that bends or shifts
/// (`shift-scale-rotate`, `zoom`, `translate`, `grid-distortion`, `optical-distortion`, `elastic`)
/// as one ``SamplingMap``, so that an image is interpolated once; `paste` and `mix`; normalisation;
/// `brightness`, `contrast`, `noise`. Image and truth move together. Whatever is drawn is a pure
/// function of seed, member, epoch and sample, and no transform's settings change what another one
/// draws.
public struct Augmentation: Sendable, Hashable {
    /// What the truth is where a moved image shows what lies outside of it; the image itself
    /// continues by reflection.
    public enum Fill: String, Codable, CaseIterable, Sendable {
        /// Such pixels count nowhere.
        case ignore
        /// The truth continues by reflection as the image does.
        case reflect
    }

    /// Probability of swapping left and right.
    public var horizontalFlip = 0.0
    /// Probability of swapping top and bottom.
    public var verticalFlip = 0.0
    /// Probability of a turn by 90, 180 or 270 degrees; images that are not square turn by 180.
    public var quarterTurns = 0.0
    public var fill = Fill.ignore
    public var shiftScaleRotate: ShiftScaleRotate?
    public var zoom: Zoom?
    public var translate: Translate?
    public var gridDistortion: GridDistortion?
    public var opticalDistortion: OpticalDistortion?
    public var elastic: Elastic?
    public var paste: Paste?
    public var mix: Mix?
    public var brightness: Intensity?
    public var contrast: Intensity?
    public var noise: Intensity?

    public init(horizontalFlip: Double = 0, verticalFlip: Double = 0, quarterTurns: Double = 0) {
        self.horizontalFlip = horizontalFlip
        self.verticalFlip = verticalFlip
        self.quarterTurns = quarterTurns
    }

    /// Flips and turns of a sample.
    public func movement(for draw: Draw, isSquare: Bool) -> GridMovement {
        var stream = draw.stream(.gridMovement)
        // Every number is drawn whether it is used or not, so that one probability changes nothing
        // in what the others do.
        let flipsHorizontally = stream.chance(horizontalFlip)
        let flipsVertically = stream.chance(verticalFlip)
        let turns = stream.chance(quarterTurns)
        let angle = 1 + stream.index(below: 3)
        return GridMovement(
            flipsHorizontally: flipsHorizontally, flipsVertically: flipsVertically,
            quarterTurns: turns ? (isSquare ? angle : 2) : 0)
    }

    /// The sample flipped, turned and bent.
    public func moved(_ sample: Sample, for draw: Draw) -> Sample {
        let movement = movement(
            for: draw, isSquare: sample.image.height == sample.image.width)
        var moved = sample
        if !movement.isIdentity {
            moved.image = movement.apply(to: sample.image)
            moved.target = movement.apply(to: sample.target)
        }
        let (height, width) = (moved.image.height, moved.image.width)
        guard let map = samplingMap(for: draw, height: height, width: width) else { return moved }
        moved.image = map.apply(to: moved.image)
        moved.target = map.apply(to: moved.target, fill: fill)
        // Next to a pixel without data there is one that was blended with it.
        if let nodata = moved.image.nodata { moved.target = moved.target.ignoring(nodata) }
        return moved
    }

    /// One of the transforms under its key.
    public struct Named: Sendable {
        public var key: String
        /// That transform alone, made every time.
        public var alone: Augmentation
    }

    /// The transforms that are not off, in the order in which they are made.
    public var transforms: [Named] {
        var result: [Named] = []
        func add(_ key: CodingKeys, _ change: (inout Augmentation) -> Void) {
            var alone = Augmentation()
            alone.fill = fill
            change(&alone)
            result.append(Named(key: key.rawValue, alone: alone))
        }
        func add<Settings: AugmentationSettings>(
            _ key: CodingKeys, _ path: WritableKeyPath<Augmentation, Settings?>
        ) {
            guard var settings = self[keyPath: path], settings.probability > 0 else { return }
            settings.probability = 1
            add(key) { $0[keyPath: path] = settings }
        }
        if horizontalFlip > 0 { add(.horizontalFlip) { $0.horizontalFlip = 1 } }
        if verticalFlip > 0 { add(.verticalFlip) { $0.verticalFlip = 1 } }
        if quarterTurns > 0 { add(.quarterTurns) { $0.quarterTurns = 1 } }
        add(.shiftScaleRotate, \.shiftScaleRotate)
        add(.zoom, \.zoom)
        add(.translate, \.translate)
        add(.gridDistortion, \.gridDistortion)
        add(.opticalDistortion, \.opticalDistortion)
        add(.elastic, \.elastic)
        add(.paste, \.paste)
        add(.mix, \.mix)
        add(.brightness, \.brightness)
        add(.contrast, \.contrast)
        add(.noise, \.noise)
        return result
    }
}

extension Augmentation: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case horizontalFlip = "horizontal-flip"
        case verticalFlip = "vertical-flip"
        case quarterTurns = "quarter-turns"
        case shiftScaleRotate = "shift-scale-rotate"
        case gridDistortion = "grid-distortion"
        case opticalDistortion = "optical-distortion"
        case fill, zoom, translate, elastic, paste, mix, brightness, contrast, noise
    }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func probability(_ key: CodingKeys) throws -> Double {
            let value = try container.decodeIfPresent(Double.self, forKey: key) ?? 0
            guard value >= 0, value <= 1 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "not a probability, expected 0 to 1, got \(value)")
            }
            return value
        }
        func settings<Settings: Decodable>(_ key: CodingKeys) throws -> Settings? {
            try container.decodeIfPresent(Settings.self, forKey: key)
        }
        horizontalFlip = try probability(.horizontalFlip)
        verticalFlip = try probability(.verticalFlip)
        quarterTurns = try probability(.quarterTurns)
        fill = try settings(.fill) ?? fill
        shiftScaleRotate = try settings(.shiftScaleRotate)
        zoom = try settings(.zoom)
        translate = try settings(.translate)
        gridDistortion = try settings(.gridDistortion)
        opticalDistortion = try settings(.opticalDistortion)
        elastic = try settings(.elastic)
        paste = try settings(.paste)
        mix = try settings(.mix)
        brightness = try settings(.brightness)
        contrast = try settings(.contrast)
        noise = try settings(.noise)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(horizontalFlip, forKey: .horizontalFlip)
        try container.encode(verticalFlip, forKey: .verticalFlip)
        try container.encode(quarterTurns, forKey: .quarterTurns)
        if fill != .ignore { try container.encode(fill, forKey: .fill) }
        try container.encodeIfPresent(shiftScaleRotate, forKey: .shiftScaleRotate)
        try container.encodeIfPresent(zoom, forKey: .zoom)
        try container.encodeIfPresent(translate, forKey: .translate)
        try container.encodeIfPresent(gridDistortion, forKey: .gridDistortion)
        try container.encodeIfPresent(opticalDistortion, forKey: .opticalDistortion)
        try container.encodeIfPresent(elastic, forKey: .elastic)
        try container.encodeIfPresent(paste, forKey: .paste)
        try container.encodeIfPresent(mix, forKey: .mix)
        try container.encodeIfPresent(brightness, forKey: .brightness)
        try container.encodeIfPresent(contrast, forKey: .contrast)
        try container.encodeIfPresent(noise, forKey: .noise)
    }
}
