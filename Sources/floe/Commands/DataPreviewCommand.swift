import ArgumentParser
import DurableFiles
import Reporting
import SegmentationData
import Training

struct DataPreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show what augmentation makes of training images.",
        discussion: """
            Writes a PNG: a row for each of the first samples of a member's bag: the sample as it \
            is, under each transform of the recipe's augmentation alone and made every time, and \
            under all of them as training draws them. The truth lies over the images in \
            the classes' colours; ignored pixels are dark. The same recipe gives the same bytes.

            Example:

              floe data synth --out ice --count 12
              floe data preview manifests/recipes/augmentation.yaml data.root=$PWD/ice \\
                --out preview.png
            """)

    @Argument(help: ArgumentHelp("Whose augmentation.", valueName: "recipe"))
    var recipe: String

    @Argument(help: ArgumentHelp("Keys of the recipe to override.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: ArgumentHelp("PNG file to write.", valueName: "file"))
    var out: String

    @Option(help: ArgumentHelp("Samples at most.", valueName: "n"))
    var count = 4

    @Option(help: ArgumentHelp("Whose bag, counted from 0.", valueName: "k"))
    var member = 0

    @Option(help: ArgumentHelp("Whose draws, counted from 1.", valueName: "e"))
    var epoch = 1

    @Option(help: ArgumentHelp("Longer side of a picture.", valueName: "pixels"))
    var side = 160

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100).contains(count) else { throw ValidationError("--count takes 1 to 100") }
        guard (16...2048).contains(side) else { throw ValidationError("--side takes 16 to 2048") }
        guard (1...1_000_000).contains(epoch) else {
            throw ValidationError("--epoch takes 1 to 1000000")
        }
    }

    func run() throws {
        let recipe = try RecipeLoader.load(recipe, overrides: overrides)
        guard (0..<recipe.bagging.members).contains(member) else {
            throw FloeError(
                .usage, "--member", expected: "0 to \(recipe.bagging.members - 1)",
                got: "\(member)")
        }
        let dataset = try SegmentationDataset.open(recipe.data)
        try NamedScene.refuse(file: out, among: dataset.files)
        let data = try MemberData(dataset, recipe: recipe, member: member)
        let printer = CountPrinter(output, unit: "samples", total: count)
        let picture = try AugmentationSheet(data, recipe: recipe, member: member)
            .picture(count: count, epoch: epoch, side: side) { done in
                StopPoint.check()
                printer.update(done)
            }
        printer.finish()
        try ImageWriter.writeRGB(picture, to: out)
        try Console.print(out)
    }
}
