import DurableFiles
import TensorCore

/// The back ends that a recipe can name.
public enum BackendName: String, Codable, CaseIterable, Sendable {
    /// The fast one.
    case onednn
    /// The portable one.
    case openblas

    /// Throws where the library is not installed.
    public func requireAvailable() throws {
        guard self == .openblas, !OpenBLASLibrary.isAvailable else { return }
        throw FloeError(
            .usage, "OpenBLAS is not installed", advice: "install libopenblas0-pthread")
    }

    /// A back end that uses the given kernels, or direct convolution only.
    public func make(_ choice: OneDNNBackend.KernelChoice) -> any ComputeBackend {
        switch self {
        case .onednn: OneDNNBackend(choice)
        case .openblas: OpenBLASBackend()
        }
    }
}
