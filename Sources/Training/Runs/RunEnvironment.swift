import DurableFiles
import Foundation
import ModelZoo
import TensorCore

/// What a run's bytes depend on besides its recipe and data: fixed in the run folder at its start,
/// used by every member and on resume.
public struct RunEnvironment: Codable, Hashable, Sendable {
    public static let currentFormat = "floe.environment/1"

    public var format = RunEnvironment.currentFormat
    /// Name and version of what started the run.
    public var software: String
    public var created: String
    public var processor: String
    /// Vendor, family, model and stepping.
    public var processorIdentity: String
    public var instructionSet: String
    /// Threads of every member.
    public var threads: Int
    public var backend: String
    /// The data's fingerprint: members that start later train on the same data.
    public var dataFingerprint: String?
    /// Digest of the port that members start from (weights, graph, input); absent without one.
    public var encoderSHA256: SHA256Digest?
    /// The algorithm of every convolution; empty where only direct convolution is used.
    public var kernelTable: KernelTable

    /// The environment of a run that starts here and now.
    public init(
        threads: Int, backend: any ComputeBackend, kernelTable: KernelTable,
        dataFingerprint: String? = nil, encoderSHA256: SHA256Digest? = nil
    ) {
        let processor = ProcessorInformation.current
        software = Software.nameAndVersion
        created = Software.timestamp()
        self.processor = processor.model
        processorIdentity = processor.identity
        instructionSet = OneDNNBackend.instructionSet
        self.threads = threads
        self.backend = backend.name
        self.kernelTable = kernelTable
        self.dataFingerprint = dataFingerprint
        self.encoderSHA256 = encoderSHA256
    }

    /// The kernels of the run, as a back end takes them.
    public func kernelChoice(exact: Bool) -> OneDNNBackend.KernelChoice {
        exact ? .exact : .table(kernelTable)
    }

    /// Says how this machine differs from the one that started the run; nil where it does not.
    public func difference(on backend: any ComputeBackend) -> String? {
        let processor = ProcessorInformation.current
        if processor.identity != processorIdentity || processor.model != self.processor {
            return "processor \(self.processor) (\(processorIdentity)) then, "
                + "\(processor.model) (\(processor.identity)) now"
        }
        if OneDNNBackend.instructionSet != instructionSet {
            return "instruction set \(instructionSet) then, \(OneDNNBackend.instructionSet) now"
        }
        if backend.name != self.backend {
            return "back end \(self.backend) then, \(backend.name) now"
        }
        return nil
    }
}
