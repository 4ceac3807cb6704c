import Foundation
import SegmentationData
import TensorCore

@testable import Reporting
@testable import Training

/// Pages with every part there is, filled with numbers that look like real ones.
struct DemoReport: Sendable {
    var members: Int
    var classes: [String]
    var images: Int
    var title = "Bagging ensemble on Sea ice"
    var memberName: @Sendable (Int) -> String = { "member-\($0)" }

    static let usual = DemoReport(
        members: 5, classes: ["open water", "thin ice", "floe"], images: 36)

    /// What is hard to lay out.
    static let extreme = DemoReport(
        members: 20,
        classes: (0..<12).map { "class \($0) with a <long> & \"quoted\" name" }, images: 500,
        title: "Supercalifragilisticexpialidocious" + String(repeating: "-segmentation", count: 9),
        memberName: { index in
            switch index {
            case 0: "<script>alert(\"&\")</script>"
            case 1: String(repeating: "unbreakable", count: 12)
            case 2: "مجموعة الجليد البحري"
            case 3: "海氷の二値分類モデル、とても長い名前を持つもの"
            default: "unet-resnet34-imagenet-seed-\(1000 + index)-bag-\(index)"
            }
        })

    static let single = DemoReport(members: 1, classes: ["background", "rock"], images: 1)

    static let empty = DemoReport(members: 0, classes: [], images: 0, title: "")

    private var names: [String] { (0..<members).map(memberName) }

    private func stream(_ number: Int, member: Int = 0) -> RandomStream {
        RandomStream(seed: 7, purpose: .test, member: member, sample: number)
    }

    var page: HTMLPage {
        get throws {
            HTMLPage(
                title: title,
                subtitle: "\(members) members, \(images) test images, per-image scores",
                verdict: members == 0
                    ? nil
                    : "The ensemble beats every one of its members: Dice 0.923, 0.021 above the "
                        + "mean member (95 % interval +0.012 to +0.029).",
                facts: members == 0
                    ? []
                    : [
                        .init("Dice, ensemble", "0.923", note: "per image, 36 images"),
                        .init("Gain over the mean member", "+0.021", note: "p < 0.0001"),
                        .init("Best member by validation", "0.911", note: names[0]),
                        .init("Out-of-bag Dice", "0.918", note: "218 of 220 images"),
                        .init("Time of training", NumberText.duration(seconds: 7_390)),
                    ],
                sections: try [
                    summary, distributions, classSection, memberSection, training, gallery,
                ],
                provenance: [
                    ("software", "Floe 1.0"), ("created", "2025-03-01T09:30:00Z"),
                    ("ensemble", "manifests/" + String(repeating: "very-long/", count: 14)),
                    ("data", "sha256 " + String(repeating: "0123456789abcdef", count: 4)),
                    ("command", "floe compare --ensemble sea-ice.json --split test --html out"),
                ])
        }
    }

    private var summary: HTMLPage.Section {
        func row(_ name: String, _ number: Int) -> HTMLTable.Row {
            var random = stream(1, member: number)
            let dice = 0.88 + 0.03 * random.uniform()
            return .init(
                name,
                [
                    .number(dice - 0.07, 3), .number(dice, 3), .number(dice + 0.05, 3),
                    .number(0.4 - 0.2 * dice, 3), .number(number == 2 ? nil : 8 * dice, 1),
                ])
        }
        let table = HTMLTable(
            "Members and their ensemble", rowHeading: "Model",
            columns: [
                .init("IoU", best: .highest), .init("Dice", best: .highest),
                .init("Pixel accuracy", best: .highest), .init("Loss", best: .lowest),
                .init("Minutes", best: .lowest),
            ],
            groups: [
                .init("Members", names.enumerated().map { row($0.element, $0.offset) }),
                .init(
                    "Together",
                    members == 0
                        ? []
                        : [
                            .init(
                                "mean member",
                                [0.821, 0.895, 0.945, 0.221].map { .number($0, 3) }
                                    + [.number(7.1, 1)], competes: false),
                            .init(
                                "ensemble",
                                [0.861, 0.923, 0.962, 0.181].map { .number($0, 3) }
                                    + [.number(nil, 1)], isEmphasised: true),
                        ]),
            ])
        let rows = (["mean member"] + names).enumerated().map { index, name in
            var random = stream(2, member: index)
            let mean = 0.03 * random.uniform() - 0.004
            let half = 0.006 + 0.006 * random.uniform()
            return IntervalPlot.Row(
                name, mean: index == 3 ? nil : mean, lower: images > 1 ? mean - half : nil,
                upper: images > 1 ? mean + half : nil, counts: (27, 2, 7), isEmphasised: index == 0)
        }
        return .init(
            id: "summary", title: "Summary",
            intro: "Every score is the mean of the images' own scores.",
            body: .columns([
                table.html,
                IntervalPlot(
                    "Ensemble against each member", axis: "Dice, ensemble minus this",
                    rows: members == 0 ? [] : rows
                ).figure,
            ]))
    }

    private var distributions: HTMLPage.Section {
        let rows = (names + (members == 0 ? [] : ["ensemble"])).enumerated().map { index, name in
            var random = stream(3, member: index)
            let values = (0..<images).map { image -> (id: String, value: Double?) in
                let low = random.uniform() * random.uniform() * random.uniform()
                return ("image-\(image).png", image == 3 ? nil : 1 - 0.5 * low - 0.02)
            }
            return DotPlot.Row(
                name, values: values, style: index == members ? .ensemble : .series(index))
        }
        let curve = LineChart(
            "Dice by size of the ensemble", x: .init("members", isInteger: true), y: .init("Dice"),
            series: members == 0
                ? []
                : [
                    .init(
                        "random members", style: .series(0),
                        points: (1...members).map { size in
                            let y = 0.923 - 0.03 / Double(size)
                            let half = 0.012 / Double(size)
                            return .init(Double(size), y, lower: y - half, upper: y + half)
                        })
                ])
        var sized = curve
        sized.references = members == 0 ? [] : [("best member by validation", 0.911)]
        return .init(
            id: "images", title: "Image by image",
            intro: "A mean hides the images that fail.",
            body: .columns([
                DotPlot("Dice of every image", axis: "Dice", rows: rows).figure, sized.figure,
            ]))
    }

    private var classSection: HTMLPage.Section {
        let counts = classes.indices.map { truth in
            classes.indices.map { prediction -> Int in
                var random = stream(4, member: 100 * truth + prediction)
                let most = truth == prediction ? 3_000_000.0 : 90_000
                return Int(most * random.uniform())
            }
        }
        let reliability = ReliabilityChart(
            "Reliability",
            series: (names.prefix(3) + (members == 0 ? [] : ["ensemble"])).enumerated().map {
                index, name in
                let isLast = index == min(3, members)
                return .init(
                    name, style: isLast ? .ensemble : .series(index),
                    bins: (0..<10).map { bin in
                        let confidence = (Double(bin) + 0.5) / 10
                        let bend = (isLast ? 0.05 : 0.2 + 0.05 * Double(index))
                        return .init(
                            confidence: confidence,
                            frequency: confidence - bend * confidence * (1 - confidence),
                            count: bin == 4
                                ? 0
                                : 1000 + 200 * (bin - 5) * (bin - 5) * (bin - 5) * 9
                                    * (bin > 5 ? 1 : -1))
                    }, error: 0.012 + 0.01 * Double(index))
            })
        return .init(
            id: "classes", title: "Classes and probabilities",
            body: .columns([
                HeatMap.confusion("Confusion of classes", classes: classes, counts: counts).figure,
                reliability.figure,
            ]))
    }

    private var memberSection: HTMLPage.Section {
        let values: [[Double?]] = names.indices.map { row in
            names.indices.map { column in
                var random = stream(5, member: 100 * min(row, column) + max(row, column))
                return row == column ? nil : 0.01 + 0.09 * random.uniform()
            }
        }
        return .init(
            id: "members", title: "Members",
            intro: "Members that disagree have something to add to one another.",
            body: HTML([
                .columns([
                    HeatMap.pairs(
                        "Disagreement of pairs", names: names, values: values,
                        quantity: "Pixels on which two members decide differently"
                    ).figure,
                    BarChart(
                        "What leaving a member out changes", axis: "Dice",
                        rows: names.enumerated().map { index, name in
                            let change = 0.002 - 0.0011 * Double(index % 5)
                            return .init(name, [change], text: NumberText.signed(change, 4))
                        }
                    ).figure,
                ]),
                BarChart(
                    "Bags", axis: "images", parts: ["in the bag", "out of the bag"],
                    rows: names.enumerated().map { index, name in
                        .init(
                            name, [Double(139 + index), Double(81 - index)],
                            text: "\(139 + index) in, \(81 - index) out")
                    }
                ).figure,
            ]))
    }

    private var training: HTMLPage.Section {
        LearningCurves(
            names.enumerated().map { index, name in
                let epochs = members == 1 ? 1 : 30 + index
                var random = stream(6, member: index)
                return .init(
                    name,
                    records: (1...epochs).map { epoch in
                        let part = Double(epoch) / Double(epochs)
                        let noise = 0.02 * random.uniform()
                        return EpochRecord(
                            epoch: epoch, trainingLoss: 0.1 + exp(-4 * part) + noise / 2,
                            validationLoss: epoch == 5
                                ? nil : 0.16 + exp(-4.5 * part) + 0.08 * part + noise,
                            validationDice: 0.9 - 0.4 * exp(-5 * part) - noise / 2,
                            validationIoU: nil, validationAccuracy: nil,
                            rate: 1e-3 * (1 + cos(3.1 * part)) / 2, seconds: 11.3,
                            isBest: epoch <= epochs * 4 / 5, lossWeights: nil)
                    })
            }
        ).section()
    }

    private var gallery: HTMLPage.Section {
        get throws {
            let rows = (0..<min(images, 4)).map { number in
                var random = stream(8, member: number)
                let (height, width) = number == 1 ? (64, 96) : (240, 330)
                let (x, y) = (random.uniform(0.3, 0.7), random.uniform(0.3, 0.7))
                func distance(_ pixel: Int) -> Double {
                    let dx = Double(pixel % width) / Double(width) - x
                    let dy = Double(pixel / width) / Double(height) - y
                    return (dx * dx + 1.4 * dy * dy).squareRoot()
                }
                let pixels = 0..<height * width
                let image = Picture(
                    height: height, width: width,
                    values: pixels.flatMap { pixel -> [UInt8] in
                        let value = distance(pixel) < 0.3 ? 190.0 : 70
                        let grain = 24 * random.uniform()
                        return [
                            UInt8(value + grain), UInt8(value + 10 + grain),
                            UInt8(value + 30 + grain),
                        ]
                    })
                let truth = pixels.map { distance($0) < 0.3 ? UInt8(1) : 0 }
                let prediction = pixels.map {
                    distance($0 + width * height / 12) < 0.29 ? UInt8(1) : 0
                }
                let disagreement = pixels.map { Float(exp(-90 * pow(distance($0) - 0.3, 2))) }
                return PictureGrid.Row(
                    "scene-\(number).tif", note: "Dice \(NumberText.fixed(0.71 + 0.05 * x, 3))",
                    cells: [
                        .init("image", image),
                        .init(
                            "truth",
                            OverlayRenderer.truth(
                                .planes(
                                    ClassPlanes(
                                        classes: 1, height: height, width: width, values: truth)),
                                colors: [.standard(0)], on: image)),
                        .init(
                            "ensemble",
                            OverlayRenderer.overlay(on: image, truth: truth, prediction: prediction)
                        ),
                        .init(
                            "disagreement",
                            ScalarMap.picture(of: disagreement, height: height, width: width)),
                    ])
            }
            return .init(
                id: "gallery", title: "Images",
                intro: "The images on which the ensemble does worst come first.",
                body: try PictureGrid(
                    rows: rows,
                    legend: PictureGrid.overlayLegend + [
                        .map("dark: members agree, bright: they do not")
                    ]
                ).html())
        }
    }
}
