import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time this machine.",
        discussion: """
            Example:

              floe bench train --model unet-resnet18
              floe bench predict --model unet:32 --batch 2 --steps 5 --json
            """,
        subcommands: [BenchTrainCommand.self, BenchPredictCommand.self])
}

struct BenchTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Time training steps on noise.",
        discussion: """
            A step is zero gradients, forward, binary cross entropy with logits, backward, Adam. \
            Data are no part of it. Steps that choose kernels come first and are not counted.

            Example:

              floe bench train --model unet-resnet18 --input 4x384x384 --json
            """)

    @OptionGroup var bench: BenchOptions
    @OptionGroup var result: JSONOption
    @OptionGroup var output: OutputOptions

    func run() throws { try bench.run(.train, result, output) }
}

struct BenchPredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Time predictions of noise.",
        discussion: """
            A step is one forward pass by running statistics, from a plain image to plain logits.

            Example:

              floe bench predict --model unet:32 --exact --json
            """)

    @OptionGroup var bench: BenchOptions
    @OptionGroup var result: JSONOption
    @OptionGroup var output: OutputOptions

    func run() throws { try bench.run(.predict, result, output) }
}
