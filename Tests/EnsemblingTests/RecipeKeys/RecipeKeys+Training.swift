import TrainingTestSupport

extension RecipeKeys {
    private static let softmax = TrainingFixtures.softmax

    static let model: [RecipeKey] = [
        .init("model.name", ("unet:4:2", "unet:4:1"), at: "model"),
        .init(
            "model.decoder-channels", ("[8, 8, 8, 8, 4]", "[8, 8, 8, 8, 8]"),
            with: ["model={name: unet-resnet18, encoder-width: 4}", "data.size=[64, 64]"]),
        .init(
            "model.encoder-width", ("4", "6"),
            with: [
                "model={name: unet-resnet18, decoder-channels: [8, 8, 8, 8, 4]}",
                "data.size=[64, 64]",
            ]),
        .init("model.attention", ("se", "scse")),
        .init("model.attention-reduction", ("2", "4"), with: ["model.attention=se"]),
        .init("model.dilation", ("1", "2")),
        .init("model.normalisation", ("instance", "adaptive")),
        .init("model.groups", ("2", "4"), with: ["model.normalisation=group"]),
        .init("model.dropout", ("0.2", "0.4")),
        .init("model.initialisation", ("he", "xavier")),
        .init("model.global.width", ("4", "6"), with: dual),
        .init("model.global.levels", ("1", "2"), with: dual),
        .init("model.local.width", ("4", "6"), with: dual),
        .init("model.local.levels", ("1", "2"), with: dual),
        .init("model.fusion", ("add", "gated"), with: dual),
        .init("image-head.weight", ("1", "0.25"), with: softmax),
        .init("image-head.threshold", ("0.4", "0.6"), with: ["image-head.weight=1"], .manifest),
        .init("image-head.pooling", ("avg", "max"), with: ["image-head.weight=1"]),
        .init("image-head.dropout", ("0", "0.6"), with: ["image-head.weight=1"]),
    ]

    private static let dual = [
        "model={name: dual-unet, global: {width: 4, levels: 2}, local: {width: 4, levels: 1}}"
    ]

    static let loss: [RecipeKey] = [
        .init("loss.term", ("[bce]", "[dice]"), at: "loss"),
        .init("loss.weight", ("1", "3"), at: "loss.0.weight"),
        .init(
            "loss.class-weights", ("[1, 1, 5]", "[1, 5, 1]"), at: "loss.0.class-weights",
            with: softmax),
        .init(
            "loss.ignore-classes", ("[one]", "[two]"), at: "loss.0.ignore-classes", with: softmax),
        .init("loss.label-smoothing", ("0.1", "0.2"), at: "loss.0.label-smoothing"),
        .init("loss.smooth", ("0", "1"), at: "loss.0.smooth", with: ["loss=[dice]"]),
        .init("loss.gamma", ("1", "3"), at: "loss.0.gamma", with: ["loss=[focal]"]),
        .init("loss.alpha", ("0.25", "0.75"), at: "loss.0.alpha", with: ["loss=[tversky]"]),
        .init("loss.beta", ("0.25", "0.75"), at: "loss.0.beta", with: ["loss=[tversky]"]),
        .init(
            "loss.limit", ("0.5", "2.5"), at: "loss.0.limit",
            with: softmax + ["loss=[class-limit, dice]"]),
        .init(
            "loss.share", ("0.01", "0.2"), at: "loss.0.share",
            with: softmax + ["loss=[{term: class-limit, limit: 0.5}]"]),
        .init(
            "loss-weights.rule", ("fixed", "adaptive"), at: "loss-weights",
            with: ["training.epochs=3"]),
        .init(
            "loss-weights.rate", ("0.5", "2"), with: ["loss-weights=adaptive", "training.epochs=3"]),
    ]

    static let optimizer: [RecipeKey] = [
        .init("optimizer.name", ("adam", "radam")),
        .init("optimizer.rate", ("1e-3", "1e-2")),
        .init("optimizer.beta1", ("0.9", "0.5")),
        .init("optimizer.beta2", ("0.9", "0.999")),
        .init("optimizer.epsilon", ("1e-8", "1e-3")),
        .init("optimizer.momentum", ("0", "0.9"), with: ["optimizer.name=sgd"]),
        .init("optimizer.nesterov", ("true", "false"), with: ["optimizer.name=sgd"]),
        .init("optimizer.weight-decay", ("0", "0.1")),
        .init(
            "optimizer.decay-norms", ("true", "false"),
            with: ["optimizer={name: adamw, weight-decay: 0.5}"]),
        .init("schedule.name", ("cosine", "polynomial"), at: "schedule", with: long),
        .init("schedule.every", ("1", "2"), with: long + ["schedule={name: step, every: 1}"]),
        .init("schedule.factor", ("0.5", "0.2"), with: long + ["schedule={name: step, every: 1}"]),
        .init("schedule.minimum", ("0", "5e-4"), with: long + ["schedule=cosine"]),
        .init(
            "schedule.period", ("1", "2"),
            with: long + ["schedule={name: warm-restarts, period: 3}"]),
        .init(
            "schedule.growth", ("1", "2"),
            with: long + ["schedule={name: warm-restarts, period: 1}"]),
        .init("schedule.power", ("0.9", "2"), with: long + ["schedule=polynomial"]),
        .init("schedule.patience", ("0", "1"), with: long + plateau),
        .init("schedule.threshold", ("0", "0.9"), with: long + plateau),
        .init("schedule.warm-up", ("1", "2"), with: long),
        .init("schedule.warm-up-steps", ("1", "2"), with: long),
        .init("schedule.warm-up-start", ("0.5", "0.01"), with: long + ["schedule.warm-up=1"]),
        .init("training.epochs", ("1", "2")),
        .init("training.batch", ("2", "3")),
        .init(
            "training.patience", ("1", "3"),
            with: ["training.epochs=8", "training.minimum-improvement=100"], .manifest),
        .init(
            "training.monitor", ("loss", "dice"),
            with: ["loss=[bce]", "optimizer.rate=0.01", "training.epochs=6"]),
        .init(
            "training.minimum-improvement", ("0", "100"),
            with: ["training.patience=2", "training.epochs=9"]),
        .init("training.clip-norm", ("0.01", "0.1"), with: descent),
        .init("training.clip-value", ("0.0001", "0.01"), with: descent),
        .init("training.average-decay", ("0.3", "0.5"), with: long),
        .init("training.seed", ("1", "2")),
        .init("compute.backend", ("onednn", "openblas")),
        .init(
            "compute.exact", ("true", "false"),
            with: ["compute.exact=true", "model=unet:16:2"], .manifest),
    ]

    private static let long = ["training.epochs=3"]
    private static let plateau = [
        "schedule={name: plateau, patience: 0, threshold: 0.9, factor: 0.5}"
    ]
    private static let descent = ["optimizer={name: sgd, rate: 0.1}"]

    static let augmentation: [RecipeKey] =
        ["horizontal-flip", "vertical-flip", "quarter-turns"].map {
            .init("augmentation.\($0)", ("0", "1"), with: ["augmentation={}"])
        }
        + [
            "shift-scale-rotate", "zoom", "translate", "grid-distortion", "optical-distortion",
            "elastic", "paste", "mix", "brightness", "contrast", "noise",
        ].map {
            .init(
                "augmentation.\($0).probability", ("0", "1"), at: "augmentation.\($0)",
                with: ["augmentation={}"] + softmax)
        } + [
            always("shift-scale-rotate", "shift", ("0", "0.5")),
            always("shift-scale-rotate", "scale", ("0", "0.5")),
            always("shift-scale-rotate", "rotate", ("0", "90")),
            always("zoom", "range", ("[0.5, 0.6]", "[1.5, 1.6]")),
            always("translate", "range", ("0.1", "0.5")),
            always("grid-distortion", "steps", ("2", "6")),
            always("grid-distortion", "limit", ("0.2", "0.8")),
            always("optical-distortion", "limit", ("0.2", "0.9")),
            always("elastic", "alpha", ("20", "80")), always("elastic", "sigma", ("2", "5")),
            always("paste", "classes", ("[one]", "[two]")), always("paste", "feather", ("0", "3")),
            // Far away and mirrored, a class has several components.
            .init(
                "augmentation.paste.region", ("class", "component"),
                with: softmax + [
                    "augmentation={fill: reflect, zoom: {probability: 1, range: [0.4, 0.4]}, "
                        + "paste: {probability: 1}}"
                ]),
            always("mix", "area", ("[0.1, 0.5]", "[0.6, 0.8]")),
            always("brightness", "limit", ("0.1", "0.4")),
            always("contrast", "limit", ("0.1", "0.4")), always("noise", "limit", ("0.1", "0.4")),
            .init(
                "augmentation.fill", ("ignore", "reflect"),
                with: ["augmentation={zoom: {probability: 1, range: [0.5, 0.5]}}"]),
        ]

    private static func always(
        _ transform: String, _ setting: String, _ values: (String, String)
    ) -> RecipeKey {
        .init(
            "augmentation.\(transform).\(setting)", values,
            with: softmax + ["augmentation={\(transform): {probability: 1}}"])
    }

    static let bagging: [RecipeKey] = [
        .init("bagging.seed", ("1", "2")),
        .init("bagging.plan", ("k-fold", "hold-out"), with: ["bagging.members=3"]),
        .init("bagging.fraction", ("0.6", "1")),
        .init("bagging.replacement", ("true", "false")),
        .init("bagging.folds", ("2", "3"), with: ["bagging.plan=k-fold"]),
        .init("bagging.stratify", ("true", "false"), with: ["bagging.plan=k-fold"]),
        .init(
            "bagging.validation", ("split", "held-out"),
            with: ["data.split={train: 7, test: 1}", "bagging.plan=hold-out"], .manifest),
        .init("bagging.classes", ("allow", "require-classes"), .manifest),
    ]

    static let evaluation: [RecipeKey] = [
        .init("evaluation.threshold", ("0.3", "0.7"), .answers),
        .init(
            "evaluation.absent", ("one", "zero"),
            with: softmax + ["data.classes=[background, one, two, never]"], .answers),
        .init(
            "evaluation.tile", ("16", "32"), with: ["data.size=[48, 48]", "evaluation.overlap=4"],
            .answers),
        .init(
            "evaluation.overlap", ("0", "8"), with: ["data.size=[48, 48]", "evaluation.tile=16"],
            .answers),
        .init("evaluation.test-time", ("[]", "[vertical-flip]"), .answers),
        .init("postprocessing.minimum-size", ("0", "257"), .answers),
        .init("postprocessing.fill-holes", ("none", "all"), .answers),
        .init("postprocessing.largest-only", ("false", "true"), .answers),
        .init("postprocessing.convex-hull", ("false", "true"), .answers),
        .init(
            "postprocessing.classes.threshold", ("0.3", "0.7"),
            at: "postprocessing.classes.thing.threshold", .answers),
    ]
}
