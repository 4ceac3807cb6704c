import DurableFiles
import TensorCore

extension MemberManifest.ComputeEnvironment {
    /// This machine with a back end, as it stands: processor, threads and kernels chosen so far.
    ///
    /// Two environments that are equal give the same bits.
    public static func current(
        _ backend: any ComputeBackend
    ) throws -> MemberManifest.ComputeEnvironment {
        let processor = ProcessorInformation.current
        var kernels = "exact"
        if let backend = backend as? OneDNNBackend {
            switch ComputeThread.shared.run({ backend.kernelChoice }) {
            case .exact: break
            case .byShape: kernels = "by-shape"
            case .measured, .table:
                let table = ComputeThread.shared.run { backend.kernelTable }
                kernels = SHA256Digest.of(try BoundedJSON.encode(table)).hex
            }
        }
        return MemberManifest.ComputeEnvironment(
            processor: "\(processor.model) (\(processor.identity))",
            threads: ComputePolicy.threads, backend: backend.name, kernelTable: kernels)
    }
}
