extension ModelConfiguration {
    /// A configuration by its short name: `unet:BASE[:LEVELS[:bilinear]]`, `unet-resnet18`,
    /// `unetplusplus-resnet34`, `dual-unet[:WIDTH:LEVELS[:WIDTH:LEVELS[:FUSION[:bilinear]]]]`.
    ///
    /// - Throws: `ModelConfigurationError` that lists what is known.
    public init(name: String, bands: Int, classes: Int) throws {
        let unknown = ModelConfigurationError(
            description:
                "unknown model '\(name)', expected unet:BASE[:LEVELS[:bilinear]] or "
                + Encoder.allCases.map { "unet-\($0.rawValue)" }.joined(separator: ", ")
                + " (or unetplusplus-…) or "
                + "dual-unet[:WIDTH:LEVELS[:WIDTH:LEVELS[:FUSION[:bilinear]]]]")
        if let dual = Self.dualUNet(name: name, bands: bands, classes: classes) {
            self = dual
        } else if let dash = name.firstIndex(of: "-") {
            guard let encoder = Encoder(rawValue: String(name[name.index(after: dash)...])) else {
                throw unknown
            }
            switch name[..<dash] {
            case "unet": self = .encoderUNet(encoder, bands: bands, classes: classes)
            case "unetplusplus": self = .unetPlusPlus(encoder, bands: bands, classes: classes)
            default: throw unknown
            }
        } else {
            let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(
                String.init)
            guard parts[0] == "unet", parts.count <= 4,
                let base = parts.count > 1 ? Int(parts[1]) : 64,
                let levels = parts.count > 2 ? Int(parts[2]) : 4,
                parts.count < 4 || parts[3] == "bilinear"
            else { throw unknown }
            self = .unet(
                bands: bands, classes: classes, baseWidth: base, levels: levels,
                upsampling: parts.count == 4 ? .bilinear : .transposed)
        }
        try validate()
    }
}
