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
/// band of 0 and 1 per class. Probabilities: a float32 TIFF with one band per class.
public struct PredictionWriter {
    /// Masks of more pixels are written as TIFF, row by row.
    public static let largestPicture = 1 << 28

    private let predictor: EnsemblePredictor
    private let folder: String
    private let withProbabilities: Bool

    public init(_ predictor: EnsemblePredictor, folder: String, withProbabilities: Bool) throws {
        self.predictor = predictor
        self.folder = folder
        self.withProbabilities = withProbabilities
        try DurableFile.createFolder(folder)
    }

    /// Predicts one scene.
    ///
    /// - Returns: the files written, masks first.
    public func write(_ scene: any SceneSource, name: String) throws -> [String] {
        guard withProbabilities else { return [try writeMask(scene, name: name, onBand: nil)] }
        let ensemble = predictor.ensemble
        let path = folder + "/" + name + "_probabilities.tiff"
        var mask = ""
        try TIFFWriter.write(
            to: path,
            layout: .init(
                height: scene.height, width: scene.width, bands: ensemble.classes,
                sampleType: .float32)
        ) { tiff in
            mask = try writeMask(scene, name: name) { try tiff.writeRows($0.probabilities) }
        }
        return [mask, path]
    }

    private func writeMask(
        _ scene: any SceneSource, name: String,
        onBand: ((EnsemblePredictor.Band) throws -> Void)?
    ) throws -> String {
        let output = predictor.ensemble.output
        let isSingle = output.activation == .softmax || output.classes.count == 1
        if isSingle, scene.height * scene.width <= Self.largestPicture {
            var labels: [UInt8] = []
            labels.reserveCapacity(scene.height * scene.width)
            try predictor.predict(scene) { band in
                labels += band.decisions
                try onBand?(band)
            }
            let path = folder + "/" + name + "_mask.png"
            try ImageWriter.writeIndexes(
                LabelMap(height: scene.height, width: scene.width, labels: labels),
                colors: palette(output), to: path)
            return path
        }
        let path = folder + "/" + name + "_mask.tiff"
        try TIFFWriter.write(
            to: path,
            layout: .init(
                height: scene.height, width: scene.width,
                bands: isSingle ? 1 : output.classes.count,
                sampleType: .unsigned8)
        ) { tiff in
            try predictor.predict(scene) { band in
                try tiff.writeRows(band.decisions)
                try onBand?(band)
            }
        }
        return path
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
