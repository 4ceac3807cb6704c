import TensorCore

/// One archive of images and masks together, `[scene, image or mask, 64, 128]`, as in the course that
/// the Mars system came from; about one scene in 24 is spoilt by a visitor, and those share one mask.
struct SyntheticMars: SyntheticScenes {
    let seed: UInt64

    func files(count: Int) -> [String] { ["mars.npz"] }
    func owns(_ file: String) -> Bool { file == "mars.npz" }

    func write(_ number: Int, to folder: String) throws -> [UInt8] {
        let scene = MarsScene(seed: seed, number: number)
        return scene.image + scene.labels
    }

    func finish(_ rests: [[UInt8]], in folder: String) throws {
        try NumPyArchiveWriter.write(
            [
                .init(
                    name: "training_set",
                    shape: [rests.count, 2, MarsScene.height, MarsScene.width],
                    values: Array(rests.joined()))
            ], to: "\(folder)/mars.npz")
    }

    let dataset = """
        name: synthetic-mars
        images: {array: mars.npz, key: training_set, layout: NCHW, take: [0], bands: [grey]}
        masks: {array: mars.npz, key: training_set, layout: NCHW, band: 1}
        classes:
          - {name: background, color: "0,0,0"}
          - {name: soil, color: "180,120,70"}
          - {name: bedrock, color: "230,200,160"}
          - {name: sand, color: "240,230,80"}
          - {name: big-rock, color: "120,60,160"}
        kind: softmax
        split: {train: 0.81, validation: 0.09, test: 0.1, seed: 1}

        """

    let readme = (
        title: "Synthetic Mars terrain",
        table: """
        | file | contents |
        |---|---|
        | `mars.npz` | `training_set`, u8, `[scene, 2, 64, 128]`: a grey image, and its mask of 0 background, 1 soil, 2 bedrock, 3 sand, 4 big rock |

        About one scene in 24 shows a visitor from elsewhere; those all carry the same mask, which is wrong.
        """
    )
}
