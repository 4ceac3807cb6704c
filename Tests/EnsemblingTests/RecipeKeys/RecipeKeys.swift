/// Every key of a recipe.
enum RecipeKeys {
    static let all: [RecipeKey] =
        data + model + loss + optimizer + augmentation + bagging + evaluation

    /// Keys whose two values are compared where their fixtures are.
    static let testedElsewhere = [
        "encoder.weights": "StartingNetworkTests",
        "encoder.first-convolution": "FirstConvolutionTests",
        "encoder.bands": "FirstConvolutionTests", "encoder.frozen": "StartingNetworkTests",
        "encoder.unfreeze-epoch": "StartingNetworkTests", "encoder.rate": "StartingNetworkTests",
        "data.exclude.duplicate-masks": "PhotoFilterTests",
        "data.exclude.duplicate-images": "PhotoFilterTests",
        "postprocessing.search": "EnsembleFitterTests",
        "postprocessing.search.thresholds": "EnsembleFitterTests",
        "postprocessing.search.sizes": "EnsembleFitterTests",
        "postprocessing.search.metric": "EnsembleFitterTests",
        "postprocessing.search.absent": "EnsembleFitterTests",
        "postprocessing.connectivity": "PostProcessorTests",
        "bagging.members": "BaggingRunTests: so many members are trained",
        "bagging.redraws": "BagTests: after so many the run gives up",
        "data.root": "RecipeLoaderTests: another folder holds other data",
    ]

    /// Keys that must not change what is computed, and why.
    static let withoutEffect = [
        "name": "a name, kept in manifests and tables",
        "data.name": "a name, kept in manifests and tables",
        "data.classes.color": "how a class is painted",
        "training.checkpoint-every":
            "when a checkpoint is written; a resumed run ends in the same bytes",
        "training.checkpoint-seconds":
            "when a checkpoint is written; a resumed run ends in the same bytes",
        "training.tensorboard":
            "whether a log is written; the weights are the same (EventLogTests)",
        "compute.threads":
            "the sums of one step are the same for any number here; a run keeps its own",
    ]

    /// Tables whose keys are the user's own words.
    static let freeTables = [
        "data.masks.values", "data.masks.colors", "data.masks.labels", "postprocessing.classes",
        "encoder.bands",
    ]

    // MARK: data

    private static let grey = "data.images={files: \"*_image.png\", bands: [grey]}"
    private static let arrays = [
        "data.images={array: arrays.npz, key: images}",
        "data.masks={array: arrays.npz, key: masks, values: {0: background, 1: thing, 2: thing}}",
    ]

    private static let data: [RecipeKey] = [
        .init(
            "data.images.files", ("\"*_image.png\"", "\"painted/*.png\""),
            with: [
                "data.images={files: \"*_image.png\", take: [0]}",
                "data.masks={files: \"second/*.png\", threshold: 1}",
            ]),
        .init("data.images.bands", ("[a]", "[b]"), with: [grey], .manifest),
        .init(
            "data.images.take", ("[0]", "[1]"),
            with: [
                "data.images={array: arrays.npz, key: stack, layout: NCHW}", arrays[1],
            ]),
        .init("data.images.array", ("arrays.npz", "others.npz"), with: arrays),
        .init("data.images.key", ("images", "others"), with: arrays),
        .init(
            "data.images.layout", ("NCHW", "NHWC"),
            with: [
                "data.images={array: arrays.npz, key: cube, layout: NCHW}",
                "data.masks={array: arrays.npz, key: corner}", "model=unet:4:1",
            ]),
        .init("data.masks.files", ("\"*_mask.png\"", "\"second/*.png\"")),
        .init("data.masks.threshold", ("1", "2"), with: ["data.masks={files: \"*_mask.png\"}"]),
        .init(
            "data.masks.values",
            ("{0: background, 1: thing, 2: thing}", "{0: background, 1: ignore, 2: thing}"),
            with: ["data.masks={files: \"*_mask.png\"}"]),
        .init(
            "data.masks.colors",
            (
                "{\"0,0,0\": background, \"1,1,1\": thing, \"2,2,2\": ignore}",
                "{\"0,0,0\": background, \"1,1,1\": thing, \"2,2,2\": thing}"
            ), with: ["data.masks={files: \"painted/*.png\"}"]),
        .init(
            "data.masks.class", ("thing", "other"),
            with: [
                "data.classes=[thing, other]", "data.kind=sigmoid",
                "data.masks={files: \"*_mask.png\", threshold: 1, class: thing}",
            ]),
        .init("data.masks.array", ("arrays.npz", "others.npz"), with: arrays),
        .init("data.masks.key", ("masks", "second"), with: arrays),
        .init(
            "data.masks.layout", ("NCHW", "NHWC"),
            with: [
                "data.images={array: arrays.npz, key: cube, layout: NCHW}", "model=unet:4:1",
                "data.masks={array: arrays.npz, key: cube, layout: NCHW, band: 0, threshold: 60}",
            ]),
        .init(
            "data.masks.band", ("0", "1"),
            with: [
                arrays[0],
                "data.masks={array: arrays.npz, key: stack, layout: NCHW, band: 1, threshold: 2}",
            ]),
        .init("data.masks.runs", ("one.csv", "two.csv"), with: ["data.masks={runs: one.csv}"]),
        .init(
            "data.masks.coco", ("shapes.json", "fewer.json"),
            with: ["data.masks={coco: shapes.json}"]),
        .init(
            "data.masks.geojson", ("\"shapes/*.geojson\"", "\"moved/*.geojson\""),
            with: ["data.masks={geojson: \"shapes/*.geojson\"}"]),
        .init(
            "data.masks.property", ("class", "kind"),
            with: [
                "data.classes=[thing, other]", "data.kind=sigmoid",
                "data.masks={geojson: \"shapes/*.geojson\"}",
            ]),
        .init("data.masks.crowd", ("class", "ignore"), with: ["data.masks={coco: shapes.json}"]),
        .init(
            "data.masks.labels", ("{thing: thing}", "{thing: other}"),
            with: [
                "data.classes=[thing, other]", "data.kind=sigmoid",
                "data.masks={coco: shapes.json}",
            ]),
        .init(
            "data.masks.outside", ("background", "ignore"),
            with: [
                "data.classes=[background, thing]", "data.kind=softmax", "loss=[cross-entropy]",
                "data.masks={runs: one.csv, outside: background}",
            ]),
        .init(
            "data.classes.name", ("thing", "other"), at: "data.classes",
            with: [
                "data.masks={files: \"*_mask.png\", threshold: 1}"
            ], .manifest),
        .init(
            "data.kind", ("sigmoid", "softmax"),
            with: [
                "data.masks={files: \"*_mask.png\", values: {0: one, 1: two, 2: two}}",
                "data.classes=[one, two]", "loss=[dice]",
            ]),
        .init("data.size", ("[16, 16]", "[24, 24]")),
        .init("data.patch.size", ("8", "16"), at: "data.patch"),
        .init("data.patch.stride", ("8", "4"), with: ["data.patch={size: 8, stride: 8}"]),
        .init(
            "data.ignore-border", (nil, "black"),
            with: [
                "data.images={array: arrays.npz, key: masks}", arrays[1],
            ]),
        .init("data.nodata", (nil, "60")),
        .init(
            "data.computed.name", ("a", "b"), at: "data.computed.0.name", with: [sobel], .manifest),
        .init(
            "data.computed.from", ("one", "two"), at: "data.computed.0.from",
            with: [
                "data.images=[{array: arrays.npz, key: images, bands: [one]}, {array: arrays.npz, key: masks, bands: [two]}]",
                arrays[1], "data.computed=[{name: edges, from: one, filter: sobel}]",
            ]),
        .init(
            "data.computed.filter", ("sobel", "laplacian"), at: "data.computed.0.filter",
            with: [sobel]),
        .init(
            "data.computed.at", ("80", "130"), at: "data.computed.0.at",
            with: ["data.computed=[{name: c, from: grey, filter: threshold, at: 1}]"]),
        .init(
            "data.computed.subband", ("approximation", "vertical"), at: "data.computed.0.subband",
            with: ["data.computed=[{name: c, from: grey, filter: haar, subband: diagonal}]"]),
        .init(
            "data.exclude.ids", ("\"/0[0-2]/\"", "\"/0[5-7]/\""),
            with: ["data.split={train: 3, validation: 1, test: 1}"]),
        .init(
            "data.group", ("image", "patch"),
            with: ["data.patch=8", "data.split={train: 0.6, validation: 0.2, test: 0.2}"]),
        .init(
            "data.split.train", ("3", "5"), with: ["data.split={train: 3, validation: 2, test: 1}"]),
        .init(
            "data.split.validation", ("1", "2"),
            with: ["data.split={train: 4, validation: 1, test: 1}", "training.epochs=4"], .manifest),
        .init(
            "data.split.test", ("1", "2"), with: ["data.split={train: 4, validation: 2, test: 1}"],
            .answers),
        .init(
            "data.split.seed", ("1", "2"),
            with: ["data.split={train: 5, validation: 2, test: 1, seed: 1}"]),
    ]

    private static let sobel = "data.computed=[{name: edges, from: grey, filter: sobel}]"
}
