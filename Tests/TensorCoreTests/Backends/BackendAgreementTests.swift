import TestSupport
import Testing

@testable import TensorCore

/// Both back ends over the one table, against the Double reference.
@Suite struct BackendAgreementTests {
    static let oneDNN = OneDNNBackend(.exact)
    static let openBLAS = OpenBLASBackend()
    static let layouts: [Layout] = [.plain, .channelBlocked(oneDNN.block), .channelsLast]

    @Test(arguments: OperationTable.all)
    func bothAgreeWithTheReference(_ operation: OperationCase) {
        let expected = operation.expectation()
        let outcomes = ComputeThread.shared.run {
            Self.layouts.map { ("oneDNN", $0, operation.check(Self.oneDNN, layout: $0, expected)) }
                + Self.layouts.map {
                    ("OpenBLAS", $0, operation.check(Self.openBLAS, layout: $0, expected))
                }
        }
        for (name, layout, outcome) in outcomes {
            let place = "\(name), \(layout), \(outcome.place)"
            #expect(outcome.error < operation.tolerance, "\(place)")
            #expect(outcome.paddingIsZero, "\(place)")
            #expect(outcome.inputsKept, "\(place)")
        }
    }
}
