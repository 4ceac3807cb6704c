import ArgumentParser
import DurableFiles

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show what this machine has: what a bug report needs.",
        discussion: """
            Libraries and versions, processor, kernels in use, threads, memory, disk; and whether \
            both back ends compute the same. Nothing is sent anywhere.

            Kernels are measured when a run starts or by floe bench, and kept for the next run in \
            FLOE_KERNEL_CACHE (a folder, or off), else in the user's cache folder. Removing the \
            file only means measuring again.

            Example:

              floe doctor
              floe doctor --json > doctor.json
              floe doctor --kernels --threads 2
            """)

    @Flag(help: "List the kernel that was chosen for every convolution measured here.")
    var kernels = false

    @OptionGroup var compute: ThreadsOption
    @OptionGroup var result: JSONOption

    func run() throws {
        try compute.apply()
        let report = SystemReport.current()
        if result.json {
            try Console.printJSON(report)
        } else {
            let lines = kernels ? report.lines + [""] + report.kernelLines : report.lines
            for line in lines { try Console.print(line) }
        }
        if let difference = report.backendDifference {
            guard difference <= SystemReport.allowedDifference else {
                throw FloeError(
                    .numeric, "the back ends disagree on a convolution",
                    expected: "at most \(SystemReport.allowedDifference) of the largest value",
                    got: "\(difference)", advice: "check the installed libdnnl2 and libopenblas0")
            }
        }
    }
}
