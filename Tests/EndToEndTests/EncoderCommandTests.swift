import Foundation
import Testing

/// A pretrained encoder from a foreign file into the zoo and back, by whole commands.
@Suite struct EncoderCommandTests {
    private let keras = fixture("encoders/keras-50.h5")

    @Test func inspectSaysWhatAFileIs() throws {
        let outcome = try FloeProgram.run("encoder", "inspect", keras)
        #expect(outcome.code == 0)
        #expect(outcome.error.isEmpty)
        for part in [
            "dialect       keras", "resnet50", "base width 2", "blue, green, red",
            "layer1/0/downsample/0/weight", "conv2_block1_0_conv/conv2_block1_0_conv/kernel:0",
            "missing       none",
        ] {
            #expect(outcome.output.contains(part), "\(part)")
        }
        let json = try FloeProgram.run("encoder", "inspect", keras, "--json")
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(report["dialect"] as? String == "keras")
        #expect((report["weights"] as? [Any])?.count == 318)
    }

    /// What is no encoder is listed all the same, and refused.
    @Test func inspectListsWhatItRefuses() throws {
        let outcome = try FloeProgram.run("encoder", "inspect", fixture("encoders/milesial.h5"))
        #expect(outcome.code == 3)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.error.contains("floe zoo import"))
        #expect(outcome.output.contains("inc.double_conv.0.weight"))
    }

    @Test func importVerifyExportAndFeatures() throws {
        try withTemporaryFolder { folder in
            let port = folder + "/zoo/resnet50"
            let imported = try FloeProgram.run("encoder", "import", keras, "--out", port)
            #expect(imported.code == 0)
            #expect(imported.output.contains("resnet50 of keras"))
            #expect(try FloeProgram.run("encoder", "import", keras, "--out", port).code == 2)
            let verified = try FloeProgram.run("zoo", "verify", folder + "/zoo")
            #expect(verified.output == "ok resnet50\n")
            let listed = try FloeProgram.run("zoo", "list", folder + "/zoo")
            #expect(listed.output.contains("encoder resnet50"))
            let back = folder + "/back.h5"
            let exported = try FloeProgram.run(
                "encoder", "export", port, "--dialect", "keras", "--out", back)
            #expect(exported.code == 0)
            let refused = try FloeProgram.run(
                "encoder", "export", port, "--dialect", "torchvision", "--out", folder + "/no.h5")
            #expect(refused.code == 2)
            #expect(!FileManager.default.fileExists(atPath: folder + "/no.h5"))
            try writeArray(folder + "/input.npy", shape: [1, 3, 32, 64])
            var maps: [Data] = []
            for source in [port, keras, back] {
                let out = folder + "/\(maps.count).h5"
                let outcome = try FloeProgram.run(
                    "encoder", "features", source, folder + "/input.npy", "--out", out)
                #expect(outcome.code == 0)
                #expect(outcome.output.hasPrefix("f1 [1, 2, 16, 32]\n"))
                maps.append(try Data(contentsOf: URL(fileURLWithPath: out)))
            }
            // From the zoo, from the file, and from what was written back: the same bytes.
            #expect(maps[0] == maps[1])
            #expect(maps[0] == maps[2])
        }
    }

    @Test func wrongInputsAreOneLine() throws {
        try withTemporaryFolder { folder in
            try writeArray(folder + "/four.npy", shape: [1, 4, 32, 32])
            let bands = try FloeProgram.run(
                "encoder", "features", keras, folder + "/four.npy", "--out", folder + "/o.h5")
            #expect(bands.code == 3)
            #expect(bands.errorLines.count == 1)
            try Data("not an array".utf8).write(to: URL(fileURLWithPath: folder + "/text.npy"))
            let text = try FloeProgram.run(
                "encoder", "features", keras, folder + "/text.npy", "--out", folder + "/o.h5")
            #expect(text.code == 3)
            #expect(try FloeProgram.run("encoder", "inspect", folder + "/none.h5").code == 4)
            #expect(
                try FloeProgram.run("encoder", "inspect", keras, "--dialect", "caffe").code == 2)
            #expect(
                try FloeProgram.run(
                    "encoder", "export", "none", "--dialect", "keras", "--out", folder + "/o.h5"
                ).code == 4)
        }
    }

    /// A foreign network becomes a member, and part of an ensemble with nothing more.
    @Test func wholeNetworksJoinAnEnsemble() throws {
        try withTemporaryFolder { folder in
            for (name, file) in [("smp", "smp-unet-18"), ("nested", "smp-unetplusplus-18")] {
                let outcome = try FloeProgram.run(
                    "zoo", "import", fixture("encoders/\(file).h5"), "--out",
                    folder + "/" + name, "--bands", "r,g,b", "--classes", "land,water")
                #expect(outcome.code == 0, "\(outcome.error)")
            }
            #expect(try FloeProgram.run("zoo", "verify", folder).code == 0)
            let built = try FloeProgram.run(
                "ensemble", "build", "--out", folder + "/ensemble.json", folder + "/smp",
                folder + "/nested")
            #expect(built.code == 0, "\(built.error)")
            let wrong = try FloeProgram.run(
                "zoo", "import", fixture("encoders/smp-unet-18.h5"), "--out", folder + "/x",
                "--bands", "r,g", "--classes", "land,water")
            #expect(wrong.code == 2)
            #expect(!FileManager.default.fileExists(atPath: folder + "/x"))
        }
    }

    /// float32 of a small range, as numpy.save writes it.
    private func writeArray(_ path: String, shape: [Int]) throws {
        let list = shape.map(String.init).joined(separator: ", ")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(list)), }"
        header += String(repeating: " ", count: 63 - (10 + header.count) % 64) + "\n"
        var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        data += [UInt8(header.count & 255), UInt8(header.count >> 8)] + Data(header.utf8)
        for index in 0..<shape.reduce(1, *) {
            withUnsafeBytes(of: Float(index % 97) - 48) { data.append(contentsOf: $0) }
        }
        try data.write(to: URL(fileURLWithPath: path))
    }
}
