extension ErrorDetection {
    /// What a person finds who reviews the most uncertain pixels first.
    public struct ReviewPoint: Hashable, Sendable {
        /// The part of all pixels that was reviewed, 0 to 1.
        public var reviewed: Double
        /// The part of all errors that was found, 0 to 1.
        public var found: Double
    }

    /// The errors found against the pixels reviewed, from (0, 0) to (1, 1), a point per bin that is
    /// not empty; empty without an error. Between its points the curve is straight.
    public var reviewCurve: [ReviewPoint] {
        let (pixels, errors) = (Double(pixels), Double(errors))
        guard errors > 0 else { return [] }
        var (reviewed, found) = (0, 0)
        var curve = [ReviewPoint(reviewed: 0, found: 0)]
        for bin in right.indices.reversed() where right[bin] + wrong[bin] > 0 {
            reviewed += right[bin] + wrong[bin]
            found += wrong[bin]
            curve.append(
                ReviewPoint(reviewed: Double(reviewed) / pixels, found: Double(found) / errors))
        }
        return curve
    }

    /// The part of the errors found in the most uncertain `share` of the pixels; nil without an
    /// error.
    public func errorsFound(reviewing share: Double) -> Double? {
        precondition((0...1).contains(share), "a share of \(share)")
        let curve = reviewCurve
        guard let next = curve.firstIndex(where: { $0.reviewed >= share }) else {
            return curve.last?.found
        }
        guard next > 0 else { return curve[next].found }
        let (low, high) = (curve[next - 1], curve[next])
        return low.found
            + (high.found - low.found) * (share - low.reviewed) / (high.reviewed - low.reviewed)
    }

    /// The area under the curve of errors found, 0 to 1; nil without an error.
    ///
    /// Reviewing in no order has 1/2; see ``oracleReviewArea`` for the best there is.
    public var reviewArea: Double? {
        let curve = reviewCurve
        guard !curve.isEmpty else { return nil }
        return zip(curve, curve.dropFirst()).reduce(0) { area, ends in
            area + (ends.1.reviewed - ends.0.reviewed) * (ends.0.found + ends.1.found) / 2
        }
    }

    /// The area of an oracle that reviews every error first: 1 - error rate / 2; nil without an
    /// error.
    public var oracleReviewArea: Double? {
        guard errors > 0, let errorRate else { return nil }
        return 1 - errorRate / 2
    }

    /// How far the order by uncertainty goes from chance (0) to the oracle (1); nil without a wrong
    /// or without a right pixel. It equals 2 ``areaUnderROC`` - 1.
    public var reviewGain: Double? {
        guard let reviewArea, let oracleReviewArea, oracleReviewArea > 0.5 else { return nil }
        return (reviewArea - 0.5) / (oracleReviewArea - 0.5)
    }
}
