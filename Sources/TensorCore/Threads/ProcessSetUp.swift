import Foundation

/// What must be decided before libgomp loads, that is, before a program that links it starts.
public enum ProcessSetUp {
    /// Spins of a waiting thread before it sleeps: about a tenth of a millisecond.
    ///
    /// libgomp's own choice is to spin for longer than an operation takes. Alone on its cores that
    /// gains nothing measurable here; beside any other load each barrier then waits for a time
    /// slice, and training was seen to run twenty times slower.
    private static let spins = "20000"

    /// Starts the program again, once, with the wait policy set, unless the user chose one.
    ///
    /// Returns where nothing is to be done or the program cannot be started again; then it is only
    /// slower beside other load.
    public static func restartWithWaitPolicy() {
        let environment = ProcessInfo.processInfo.environment
        guard environment["OMP_WAIT_POLICY"] == nil, environment["GOMP_SPINCOUNT"] == nil else {
            return
        }
        setenv("GOMP_SPINCOUNT", spins, 1)
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
        for argument in arguments { free(argument) }
    }
}
