import DurableFiles
import Ensembling
import Foundation
import ModelZoo
import SegmentationData
import Training

/// Something to predict, opened when its turn comes, and the name of what is written.
struct NamedScene {
    let name: String
    /// What a submission calls it: the (first) file's name.
    let image: String
    /// Which files make up the scene, where there are several.
    let files: String?
    let open: () throws -> any SceneSource

    /// The manifest that a path names: a member may be named by its folder.
    static func manifest(of path: String) throws -> String {
        let inside = path + "/" + MemberStore.manifestName
        if FileManager.default.fileExists(atPath: inside) { return inside }
        guard !FileManager.default.fileExists(atPath: path + "/recipe.yaml") else {
            throw FloeError(
                .usage, file: path, "a run, not an ensemble",
                advice: "make an ensemble of it: floe ensemble build --out ensemble.json \(path)")
        }
        return path
    }

    /// One scene per file, or per run of files whose bands together are those of the members.
    static func scenes(of paths: [String], for ensemble: OpenedEnsemble) throws -> [NamedScene] {
        let bands = ensemble.fileBands
        let input = ensemble.members[0].manifest.input
        if let taking = input.storedBands { return try scenes(of: paths, taking: taking, input) }
        let nodata = input.nodata
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
                    name: name(of: files), image: fileName(files[0]),
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

    /// One scene per run of as many files as a training image had, where training took only some of
    /// their bands or in another order.
    private static func scenes(
        of paths: [String], taking: [[Int]], _ input: MemberManifest.Input
    ) throws -> [NamedScene] {
        guard paths.count % taking.count == 0 else {
            throw FloeError(
                .badData, file: paths[paths.count - 1], "too few files for the members",
                expected: "\(taking.count) files for each scene", got: "\(paths.count) files",
                advice: "name all files of a scene one after another")
        }
        let names = input.fileBands.map(\.name).joined(separator: ", ")
        return try checked(
            stride(from: 0, to: paths.count, by: taking.count).map { start in
                let files = Array(paths[start..<start + taking.count])
                return NamedScene(
                    name: name(of: files), image: fileName(files[0]),
                    files: files.count > 1 ? "\(files.joined(separator: " + ")) as \(names)" : nil,
                    open: { try FileScene(paths: files, taking: taking, nodata: input.nodata) })
            })
    }

    /// The samples of a part of a data set, at the size of their photos.
    static func scenes(
        of dataset: SegmentationDataset, _ split: SplitName
    ) throws -> [NamedScene] {
        try checked(
            split.samples(of: dataset).map { index in
                NamedScene(
                    name: String(dataset.ids[index].map { $0 == "/" ? "_" : $0 }),
                    image: dataset.imageName(at: index), files: nil,
                    open: {
                        let sample = try dataset.sample(at: index)
                        let isPatch = dataset.description.patch != nil
                        let size =
                            isPatch
                            ? ImageSize(height: sample.image.height, width: sample.image.width)
                            : sample.originalSize
                        return SampleScene(
                            sample.image, of: dataset, height: size.height, width: size.width)
                    })
            })
    }

    /// Masks must not fall among images, whose truth may have their very names.
    static func refuse(_ out: String, among files: [String]) throws {
        let path = URL(fileURLWithPath: out).resolvingSymlinksInPath().path
        let folders = files.map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().resolvingSymlinksInPath().path
        }
        guard !folders.contains(path) else {
            throw FloeError(
                .usage, file: out, "holds the images or their masks",
                advice: "choose another --out, so that no file of theirs is replaced")
        }
    }

    /// What is written must not replace a file that is read.
    ///
    /// - Parameter owners: what the files are, in words.
    static func refuse(
        file: String, among files: [String], of owners: String = "the data set's files"
    ) throws {
        func real(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        }
        let path = real(file)
        guard !files.contains(where: { real($0) == path }) else {
            throw FloeError(
                .usage, file: file, "is one of \(owners)", advice: "choose another file")
        }
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

    private static func fileName(_ path: String) -> String {
        URL(fileURLWithPath: path).lastPathComponent
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
