import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Training

/// Writes what an ensemble says of a scene: masks, and probabilities where asked for.
///
/// Softmax: one u8 PNG of class indices with the classes' palette (a TIFF where the scene is too
/// large for a PNG in memory). One sigmoid class: the same with 0 and 1. Several: a TIFF with one
/// band of 0 and 1 per class. Probabilities: a float32 TIFF with one band per class. Uncertainty: a
/// float32 TIFF with the bands total, data and disagreement, of several sigmoid classes each as many.
public struct PredictionWriter {
    /// Masks of more pixels are written as TIFF, row by row.
    public static let largestPicture = 1 << 28

    private let predictor: EnsemblePredictor
    private let folder: String
    private let withProbabilities: Bool
    private let withUncertainty: Bool
    private let processor: PostProcessor?
    private let earlyExit: EarlyExit?
    private let onTally: (EarlyExit.Tally) -> Void

    /// - Parameters:
    ///   - postprocessing: whether the ensemble's post-processing is applied; whole masks are then
    ///     held in memory.
    ///   - earlyExit: whether members may be left out; none is where probabilities are needed.
    ///   - onTally: is told for every scene what early exit ran.
    public init(
        _ predictor: EnsemblePredictor, folder: String, withProbabilities: Bool,
        withUncertainty: Bool = false, postprocessing: Bool = true, earlyExit: EarlyExit? = nil,
        onTally: @escaping (EarlyExit.Tally) -> Void = { _ in }
    ) throws {
        self.predictor = predictor
        self.folder = folder
        self.withProbabilities = withProbabilities
        self.withUncertainty = withUncertainty
        processor = postprocessing ? predictor.ensemble.postProcessor : nil
        let needsAll =
            withProbabilities || withUncertainty
            || predictor.ensemble.exitObstacle(postprocessing: postprocessing) != nil
        self.earlyExit = needsAll ? nil : earlyExit
        self.onTally = onTally
        try DurableFile.createFolder(folder)
    }

    /// Predicts one scene.
    ///
    /// - Parameter onMask: takes the whole mask, which is then held in memory.
    /// - Returns: the files written, masks first.
    /// - Throws: besides what fails, `FloeError` of kind `badData` for a scene whose mask is needed as
    ///   a whole and has more than `largestPicture` values.
    public func write(
        _ scene: any SceneSource, name: String,
        onMask: ((SegmentationTarget) throws -> Void)? = nil
    ) throws -> [String] {
        let ensemble = predictor.ensemble
        var maps: [(kind: String, bands: Int, values: (EnsemblePredictor.Band) -> [Float])] = []
        if withProbabilities {
            maps.append(("probabilities", ensemble.classes, { $0.probabilities }))
        }
        if withUncertainty {
            maps.append(("uncertainty", ensemble.uncertaintyBands, { $0.uncertainty }))
        }
        // One file around the other, so that none is there before all are whole.
        var files: [String] = []
        func write(
            _ rest: ArraySlice<
                (kind: String, bands: Int, values: (EnsemblePredictor.Band) -> [Float])
            >,
            _ onBand: ((EnsemblePredictor.Band) throws -> Void)?
        ) throws {
            guard let map = rest.first else {
                files.append(try writeMask(scene, name: name, onBand: onBand, onMask: onMask))
                return
            }
            let path = "\(folder)/\(name)_\(map.kind).tiff"
            try TIFFWriter.write(
                to: path,
                layout: .init(
                    height: scene.height, width: scene.width, bands: map.bands,
                    sampleType: .float32)
            ) { tiff in
                try write(rest.dropFirst()) { band in
                    try onBand?(band)
                    try tiff.writeRows(map.values(band))
                }
            }
            files.append(path)
        }
        try write(maps[...], nil)
        return files
    }

    private func writeMask(
        _ scene: any SceneSource, name: String,
        onBand: ((EnsemblePredictor.Band) throws -> Void)?,
        onMask: ((SegmentationTarget) throws -> Void)?
    ) throws -> String {
        let output = predictor.ensemble.output
        let isSingle = output.activation == .softmax || output.classes.count == 1
        let planes = isSingle ? 1 : output.classes.count
        let path = folder + "/" + name
        var whole: [UInt8]?
        if processor != nil || onMask != nil
            || (isSingle && scene.height * scene.width <= Self.largestPicture)
        {
            let values = try wholeMask(scene, planes: planes, onBand)
            try onMask?(target(values, scene))
            whole = values
        }
        if let whole, isSingle, whole.count <= Self.largestPicture {
            try ImageWriter.writeIndexes(
                LabelMap(height: scene.height, width: scene.width, labels: whole),
                colors: palette(output), to: path + "_mask.png")
            return path + "_mask.png"
        }
        try TIFFWriter.write(
            to: path + "_mask.tiff",
            layout: .init(
                height: scene.height, width: scene.width, bands: planes, sampleType: .unsigned8)
        ) { tiff in
            if let whole { return try tiff.writeRows(whole) }
            try predict(scene) { band in
                try tiff.writeRows(band.decisions)
                try onBand?(band)
            }
        }
        return path + "_mask.tiff"
    }

    /// The decisions of a whole scene, post-processed: `[plane, height, width]`.
    private func wholeMask(
        _ scene: any SceneSource, planes: Int,
        _ onBand: ((EnsemblePredictor.Band) throws -> Void)?
    ) throws -> [UInt8] {
        let (height, width) = (scene.height, scene.width)
        guard planes * height * width <= Self.largestPicture else {
            throw FloeError(
                .badData,
                "a scene of \(height)x\(width) is too large for post-processing or a "
                    + "submission, which need its whole mask",
                expected: "at most \(Self.largestPicture) values",
                got: "\(planes * height * width)",
                advice: "predict it with --no-postprocessing and without --submission, or in parts")
        }
        var values = [UInt8](repeating: 0, count: planes * height * width)
        var runnersUp: [UInt8] = []
        try predict(scene) { band in
            let count = band.rows.count * width
            for plane in 0..<planes {
                let start = (plane * height + band.rows.lowerBound) * width
                values.replaceSubrange(
                    start..<start + count,
                    with: band.decisions[plane * count..<(plane + 1) * count])
            }
            if processor?.needsRunnersUp == true {
                runnersUp += PostProcessor.runnersUp(
                    probabilities: band.probabilities, decisions: band.decisions,
                    classes: predictor.ensemble.classes)
            }
            try onBand?(band)
        }
        processor?.apply(to: &values, runnersUp: runnersUp, height: height, width: width)
        return values
    }

    /// Bands of the scene, with probabilities unless members may be left out.
    private func predict(
        _ scene: any SceneSource, _ body: (EnsemblePredictor.Band) throws -> Void
    ) throws {
        guard let earlyExit else {
            return try predictor.predict(scene, withUncertainty: withUncertainty, body)
        }
        onTally(try predictor.predictLabels(scene, exit: earlyExit, body))
    }

    /// The mask as data sets hold theirs.
    private func target(_ values: [UInt8], _ scene: any SceneSource) -> SegmentationTarget {
        let output = predictor.ensemble.output
        return output.activation == .softmax
            ? .labels(LabelMap(height: scene.height, width: scene.width, labels: values))
            : .planes(
                ClassPlanes(
                    classes: output.classes.count, height: scene.height, width: scene.width,
                    values: values))
    }

    /// Colours of the stored values: for one sigmoid class, black is 0.
    private func palette(_ output: MemberManifest.Output) -> [ClassColor] {
        let colors = output.classes.map {
            ClassColor(
                red: UInt8($0.color[0]), green: UInt8($0.color[1]), blue: UInt8($0.color[2]))
        }
        return output.activation == .softmax
            ? colors : [ClassColor(red: 0, green: 0, blue: 0)] + colors
    }
}
