import ModelZoo
import SegmentationData

extension ComputedBand {
    /// The bands that a member's manifest says are computed.
    static func all(of input: MemberManifest.Input) -> [ComputedBand] {
        input.bands.compactMap { band in
            band.computed.flatMap { computed in
                filter(computed).map {
                    ComputedBand(name: band.name, from: computed.from, filter: $0)
                }
            }
        }
    }

    /// Nil only for what a manifest's validation refuses.
    private static func filter(_ computed: MemberManifest.Input.Band.Computed) -> BandFilter? {
        switch computed.filter {
        case .threshold: computed.at.map { .threshold(at: $0) }
        case .sobel: .sobel
        case .laplacian: .laplacian
        case .haar:
            switch computed.subband {
            case .approximation: .haar(.approximation)
            case .horizontal: .haar(.horizontal)
            case .vertical: .haar(.vertical)
            case .diagonal: .haar(.diagonal)
            case nil: nil
            }
        }
    }

    /// As a manifest carries it.
    var manifest: MemberManifest.Input.Band.Computed {
        switch filter {
        case .threshold(let at): .init(from: from, filter: .threshold, at: at)
        case .sobel: .init(from: from, filter: .sobel)
        case .laplacian: .init(from: from, filter: .laplacian)
        case .haar(let subband):
            switch subband {
            case .approximation: .init(from: from, filter: .haar, subband: .approximation)
            case .horizontal: .init(from: from, filter: .haar, subband: .horizontal)
            case .vertical: .init(from: from, filter: .haar, subband: .vertical)
            case .diagonal: .init(from: from, filter: .haar, subband: .diagonal)
            }
        }
    }
}
