import Testing

@testable import TensorCore

@Suite struct ProcessorInformationTests {
    @Test func readsTheFirstProcessor() {
        let text = """
            processor\t: 0
            vendor_id\t: AuthenticAMD
            cpu family\t: 25
            model\t\t: 17
            model name\t: AMD EPYC 9B14
            stepping\t: 1
            flags\t\t: fpu avx2 fma avx512f

            processor\t: 1
            model name\t: another
            """
        let processor = ProcessorInformation(cpuinfo: text, count: 2)
        #expect(processor.model == "AMD EPYC 9B14")
        #expect(processor.identity == "AuthenticAMD-25-17-1")
        #expect(processor.flags == ["fpu", "avx2", "fma", "avx512f"])
        #expect(processor.count == 2)
    }

    @Test func unreadableTextIsNoError() {
        for text in ["", ":", "no colon\n:::\n", "flags:"] {
            let processor = ProcessorInformation(cpuinfo: text, count: 1)
            #expect(processor.model == "unknown")
            #expect(processor.flags.isEmpty)
        }
    }
}
