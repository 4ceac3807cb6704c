import ArgumentParser
import DurableFiles

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show what this machine has: what a bug report needs.",
        discussion: """
            Libraries and versions, processor, kernels in use, threads, memory, disk; and whether \
            both back ends compute the same. Nothing is sent anywhere.

            Example:

              floe doctor
              floe doctor --json > doctor.json
            """)

    @OptionGroup var result: JSONOption

    func run() throws {
        let report = SystemReport.current()
        if result.json {
            try Console.printJSON(report)
        } else {
            for line in report.lines { try Console.print(line) }
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
