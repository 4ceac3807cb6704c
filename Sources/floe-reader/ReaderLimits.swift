import Glibc

/// What this process may use at most, so that a hostile file hurts nobody but it.
enum ReaderLimits {
    /// Sets the limits; they cannot be raised again.
    ///
    /// - Parameter fileBytes: size of the file, which is read into memory whole.
    static func set(fileBytes: Int) {
        // Addresses, not pages: Swift's run time and the stacks of its threads take most of it.
        let memory = rlim_t(1 << 30) + 2 * rlim_t(clamping: fileBytes)
        limit(__rlimit_resource_t(RLIMIT_AS.rawValue), to: memory)
        limit(__rlimit_resource_t(RLIMIT_CPU.rawValue), to: rlim_t(20 + fileBytes >> 24))
        limit(__rlimit_resource_t(RLIMIT_CORE.rawValue), to: 0)
        limit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), to: 0)
        limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), to: 32)
    }

    private static func limit(_ resource: __rlimit_resource_t, to value: rlim_t) {
        var current = rlimit()
        guard getrlimit(resource, &current) == 0 else { return }
        let lowered = min(value, current.rlim_max)
        var wanted = rlimit(rlim_cur: lowered, rlim_max: lowered)
        _ = setrlimit(resource, &wanted)
    }
}
