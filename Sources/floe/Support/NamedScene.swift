import DurableFiles
import Ensembling
import Foundation
import ModelZoo
import SegmentationData
import Training

/// Something to predict, opened when its turn comes, and the name of what is written.
struct NamedScene {
    let name: String
    /// Which files make up the scene, where there are several.
    let files: String?
    let open: () throws -> any SceneSource

    /// The manifest that a path names: a member may be named by its folder.
    static func manifest(of path: String) -> String {
        let inside = path + "/" + MemberStore.manifestName
        return FileManager.default.fileExists(atPath: inside) ? inside : path
    }

    /// One scene per file, or per run of files whose bands together are those of the members.
    static func scenes(of paths: [String], for ensemble: OpenedEnsemble) throws -> [NamedScene] {
        let bands = ensemble.bands
        let nodata = ensemble.members[0].manifest.input.nodata
        var scenes: [NamedScene] = []
        var run: [String] = []
        var taken = 0
        for path in paths {
            let own = try ImageReader.probe(path: path, budget: .scene).bands
            run.append(path)
            taken += own
            guard taken <= bands.count else {
                throw FloeError(
                    .badData, file: path, "the bands do not fit the members",
                    expected: "\(bands.count) (\(bands.joined(separator: ", ")))",
                    got: run.count == 1
                        ? "\(own)" : "\(taken) with \(run.dropLast().joined(separator: ", "))")
            }
            guard taken == bands.count else { continue }
            let files = run
            scenes.append(
                NamedScene(
                    name: name(of: files),
                    files: files.count > 1
                        ? files.joined(separator: " + ") + " as " + bands.joined(separator: ", ")
                        : nil,
                    open: { try FileScene(paths: files, nodata: nodata) }))
            (run, taken) = ([], 0)
        }
        guard run.isEmpty else {
            throw FloeError(
                .badData, file: run[0], "too few bands for the members",
                expected: "\(bands.count) (\(bands.joined(separator: ", ")))", got: "\(taken)",
                advice: "name all files of a scene one after another")
        }
        return try checked(scenes)
    }

    /// The samples of a part of a data set, at the size of their photos.
    static func scenes(
        of dataset: SegmentationDataset, _ split: SplitName
    ) throws -> [NamedScene] {
        try checked(
            split.samples(of: dataset).map { index in
                NamedScene(
                    name: String(dataset.ids[index].map { $0 == "/" ? "_" : $0 }), files: nil,
                    open: {
                        let sample = try dataset.sample(at: index)
                        let size =
                            dataset.description.patch == nil
                            ? sample.originalSize
                            : ImageSize(height: sample.image.height, width: sample.image.width)
                        return SampleScene(sample.image, size: size)
                    })
            })
    }

    /// Two scenes must not write one file.
    private static func checked(_ scenes: [NamedScene]) throws -> [NamedScene] {
        var seen: Set<String> = []
        for scene in scenes where !seen.insert(scene.name).inserted {
            throw FloeError(
                .usage, "two images would be written as '\(scene.name)_mask'",
                advice: "predict them into different folders")
        }
        return scenes
    }

    /// The file's name without its extension; of several, what their names begin with.
    static func name(of files: [String]) -> String {
        let stems = files.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
        guard stems.count > 1 else { return stems[0] }
        let common = stems.dropFirst().reduce(stems[0]) { $0.commonPrefix(with: $1) }
        let trimmed = String(common.reversed().drop { "_-. ".contains($0) }.reversed())
        return trimmed.isEmpty ? stems[0] : trimmed
    }
}

/// A data set's image as a scene of its photo's size.
private struct SampleScene: SceneSource {
    private let image: BandImage
    let height: Int
    let width: Int

    init(_ image: BandImage, size: ImageSize) {
        self.image = image
        height = size.height
        width = size.width
    }

    var bands: Int { image.bands }

    func readRows(_ rows: Range<Int>) -> BandImage {
        let whole = image.resizedBilinear(height: height, width: width)
        return rows == 0..<height ? whole : whole.cropped(rows: rows, columns: 0..<width)
    }

    func resized(height newHeight: Int, width newWidth: Int) -> BandImage {
        image.resizedBilinear(height: newHeight, width: newWidth)
    }
}
