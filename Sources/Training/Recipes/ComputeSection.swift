/// `compute:` on what the run computes; part of the run, because it is part of the result.
public struct ComputeSection: Codable, Hashable, Sendable {
    public var backend = BackendName.onednn
    /// Threads of every member; 0 takes all processors.
    public var threads = 0
    /// Direct convolution only.
    public var exact = false

    public init() {}

    private enum CodingKeys: String, CodingKey { case backend, threads, exact }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        backend = try keys.decodeIfPresent(BackendName.self, forKey: .backend) ?? backend
        threads = try keys.decodeIfPresent(Int.self, forKey: .threads) ?? threads
        exact = try keys.decodeIfPresent(Bool.self, forKey: .exact) ?? exact
    }
}

extension ComputeSection {
    func check(_ check: RecipeCheck) throws {
        try check.require((0...1024).contains(threads), "compute.threads", "0 to 1024", threads)
    }
}
