import TensorCore

extension Sample {
    /// The sample with another one's pixels of a class, and what the other says of them, in place of
    /// its own.
    ///
    /// - Parameters:
    ///   - partner: a sample of the same size.
    ///   - feather: pixels around them over which the partner's image fades out, at most half of it
    ///     being the partner's; the truth there stays this sample's.
    ///   - choose: which one of so many connected components is pasted; nil for all.
    public func pasting(
        class index: Int, of partner: Sample, feather: Int,
        component choose: ((_ count: Int) -> Int)? = nil
    ) -> Sample {
        precondition(image.pixelCount == partner.image.pixelCount, "a partner of another size")
        var region = partner.target.pixels(ofClass: index)
        if let nodata = partner.image.nodata {
            for pixel in region.indices where nodata[pixel] != 0 { region[pixel] = 0 }
        }
        if let choose {
            let mask = BinaryMask(height: image.height, width: image.width, values: region)
            let components = ConnectedComponents(of: mask, connectivity: .eight)
            if components.count > 0 {
                let chosen = choose(components.count)
                region = components.mask { $0 == chosen }.values
            }
        }
        var shares = Self.shares(of: region, height: image.height, width: image.width, feather)
        for pixel in shares.indices where region[pixel] == 0 {
            let isKnown = image.nodata?[pixel] != 1 && partner.image.nodata?[pixel] != 1
            shares[pixel] = isKnown ? min(0.5, shares[pixel]) : 0
        }
        for pixel in shares.indices where region[pixel] != 0 { shares[pixel] = 1 }
        var result = self
        let pixels = image.pixelCount
        result.image.values.withUnsafeMutableBufferPointer { values in
            partner.image.values.withUnsafeBufferPointer { others in
                for plane in stride(from: 0, to: values.count, by: pixels) {
                    for pixel in 0..<pixels where shares[pixel] > 0 {
                        let share = shares[pixel]
                        values[plane + pixel] =
                            share == 1
                            ? others[plane + pixel]
                            : (1 - share) * values[plane + pixel] + share * others[plane + pixel]
                    }
                }
            }
        }
        for pixel in region.indices where region[pixel] != 0 { result.image.nodata?[pixel] = 0 }
        result.target = target.replacing(region, from: partner.target)
        return result
    }

    /// The sample with a box of another one, image, truth and what is without data, in place of its
    /// own.
    public func replacing(
        rows: Range<Int>, columns: Range<Int>, from partner: Sample
    ) -> Sample {
        precondition(image.pixelCount == partner.image.pixelCount, "a partner of another size")
        let (height, width) = (image.height, image.width)
        var region = [UInt8](repeating: 0, count: height * width)
        for row in rows { for column in columns { region[row * width + column] = 1 } }
        var result = self
        for plane in stride(from: 0, to: image.values.count, by: height * width) {
            for row in rows {
                let line = plane + row * width + columns.lowerBound
                let range = line..<line + columns.count
                result.image.values.replaceSubrange(range, with: partner.image.values[range])
            }
        }
        if image.nodata != nil || partner.image.nodata != nil {
            var nodata = image.nodata ?? [UInt8](repeating: 0, count: height * width)
            for pixel in region.indices where region[pixel] != 0 {
                nodata[pixel] = partner.image.nodata?[pixel] ?? 0
            }
            result.image.nodata = nodata
        }
        result.target = target.replacing(region, from: partner.target)
        return result
    }

    /// For each pixel the share of a square of 2 radius + 1 pixels around it, as far as it lies inside,
    /// that belongs to a region.
    private static func shares(
        of region: [UInt8], height: Int, width: Int, _ radius: Int
    ) -> [Float] {
        var result = region.map(Float.init)
        guard radius > 0 else { return result }
        result.withUnsafeMutableBufferPointer { values in
            for row in 0..<height {
                average(values, from: row * width, count: width, step: 1, radius)
            }
            for column in 0..<width {
                average(values, from: column, count: height, step: width, radius)
            }
        }
        return result
    }

    /// Running means along one line.
    private static func average(
        _ values: UnsafeMutableBufferPointer<Float>, from start: Int, count: Int, step: Int,
        _ radius: Int
    ) {
        // Whole numbers first, quotients after: sums in double precision do not drift.
        let line = (0..<count).map { Double(values[start + $0 * step]) }
        var sum = line[0..<min(radius, count)].reduce(0, +)
        for position in 0..<count {
            if position + radius < count { sum += line[position + radius] }
            if position > radius { sum -= line[position - radius - 1] }
            let inside = min(count - 1, position + radius) - max(0, position - radius) + 1
            values[start + position * step] = Float(max(0, sum) / Double(inside))
        }
    }
}

extension SegmentationTarget {
    /// One byte a pixel: 1 where the class is.
    func pixels(ofClass index: Int) -> [UInt8] {
        switch self {
        case .labels(let map): map.labels.map { Int($0) == index ? 1 : 0 }
        case .planes(let planes): planes.plane(index).map { $0 == 1 ? 1 : 0 }
        }
    }

    /// The target with another one's answers for the pixels of `region` (1).
    func replacing(_ region: [UInt8], from other: SegmentationTarget) -> SegmentationTarget {
        func merged(_ own: [UInt8], _ others: [UInt8]) -> [UInt8] {
            own.indices.map { region[$0 % region.count] != 0 ? others[$0] : own[$0] }
        }
        switch (self, other) {
        case (.labels(var map), .labels(let others)):
            map.labels = merged(map.labels, others.labels)
            return .labels(map)
        case (.planes(var planes), .planes(let others)):
            planes.values = merged(planes.values, others.values)
            return .planes(planes)
        default: preconditionFailure("targets of one data set are of one kind")
        }
    }
}
