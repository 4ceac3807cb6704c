// swift-tools-version: 6.2
import PackageDescription

// The layers, bottom to top; docs/architecture.md says what may import what and scripts/check enforces it.

let package = Package(
    name: "floe",
    products: [
        .executable(name: "floe", targets: ["floe"]),
        .executable(name: "floe-reader", targets: ["floe-reader"]),
        .library(name: "DurableFiles", targets: ["DurableFiles"]),
        .library(name: "TensorCore", targets: ["TensorCore"]),
        .library(name: "NeuralNetworks", targets: ["NeuralNetworks"]),
        .library(name: "SegmentationModels", targets: ["SegmentationModels"]),
        .library(name: "SegmentationData", targets: ["SegmentationData"]),
        .library(name: "SegmentationMetrics", targets: ["SegmentationMetrics"]),
        .library(name: "ModelZoo", targets: ["ModelZoo"]),
        .library(name: "Training", targets: ["Training"]),
        .library(name: "Ensembling", targets: ["Ensembling"]),
        .library(name: "Reporting", targets: ["Reporting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries: module maps and headers; only these know what to link.
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "CImageIO",
            linkerSettings: [
                .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("tiff"),
                .linkedLibrary("z"),
            ]),
        .target(name: "CKernels", linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("m")]),

        .target(name: "DurableFiles", dependencies: ["CCrypto"]),
        .target(name: "TensorCore", dependencies: ["COneDNN", "COpenBLAS", "CKernels"]),
        .target(name: "NeuralNetworks", dependencies: ["TensorCore", "CKernels"]),
        .target(name: "SegmentationModels", dependencies: ["NeuralNetworks"]),
        .target(
            name: "SegmentationData", dependencies: ["TensorCore", "DurableFiles", "CImageIO"]),
        .target(name: "SegmentationMetrics", dependencies: ["TensorCore"]),
        .target(name: "HDF5Files", dependencies: ["DurableFiles", "CHDF5"]),
        .target(
            name: "ModelZoo",
            dependencies: ["SegmentationModels", "DurableFiles", "HDF5Files", "CHDF5"]),
        .target(
            name: "Training",
            dependencies: [
                "ModelZoo", "SegmentationData", "SegmentationMetrics",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(name: "Ensembling", dependencies: ["Training"]),
        .target(name: "Reporting", dependencies: ["Ensembling"]),
        .executableTarget(
            name: "floe",
            dependencies: [
                "Reporting", "Ensembling", "Training", "ModelZoo", "SegmentationData",
                "SegmentationMetrics", "SegmentationModels", "NeuralNetworks", "TensorCore",
                "DurableFiles",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .executableTarget(name: "floe-reader", dependencies: ["HDF5Files", "DurableFiles"]),

        .target(
            name: "TestSupport", dependencies: ["TensorCore", "DurableFiles"],
            path: "Tests/TestSupport"),
        .target(
            name: "TrainingTestSupport", dependencies: ["Training", "TestSupport"],
            path: "Tests/TrainingTestSupport"),
        .testTarget(name: "DurableFilesTests", dependencies: ["DurableFiles", "TestSupport"]),
        .testTarget(name: "TensorCoreTests", dependencies: ["TensorCore", "TestSupport"]),
        .testTarget(name: "NeuralNetworksTests", dependencies: ["NeuralNetworks", "TestSupport"]),
        .testTarget(
            name: "SegmentationModelsTests", dependencies: ["SegmentationModels", "TestSupport"]),
        .testTarget(
            name: "SegmentationDataTests", dependencies: ["SegmentationData", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "SegmentationMetricsTests", dependencies: ["SegmentationMetrics", "TestSupport"]),
        .testTarget(
            name: "HDF5FilesTests", dependencies: ["HDF5Files", "CHDF5", "TestSupport"]),
        .testTarget(
            name: "ModelZooTests", dependencies: ["ModelZoo", "floe-reader", "TestSupport"]),
        .testTarget(
            name: "TrainingTests", dependencies: ["Training", "TrainingTestSupport"]),
        .testTarget(
            name: "EnsemblingTests", dependencies: ["Ensembling", "TrainingTestSupport"]),
        .testTarget(
            name: "ReportingTests", dependencies: ["Reporting", "TrainingTestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["floe", "floe-reader", "Ensembling", "TestSupport"]),
    ]
)
