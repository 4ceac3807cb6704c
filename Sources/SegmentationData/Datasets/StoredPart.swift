import DurableFiles

/// Where one source of a photo is stored: in a file of its own, or as a part of a file of many.
struct StoredPart: Sendable {
    enum Place: Sendable {
        case file
        case array(ArrayItems, item: Int)
        /// What shapes say about an image, whose size is that of its first source.
        case shapes(any ShapeTable, image: String, firstSource: String)
    }

    let path: String
    let place: Place

    static func file(_ path: String) -> StoredPart { StoredPart(path: path, place: .file) }

    /// The part as messages name it: its path, or the file and what of it.
    var name: String {
        switch place {
        case .file: path
        case .array(let items, let item): "\(items.name)[\(item)]"
        case .shapes(let table, let image, _): table.isOfOneImage ? path : "\(path) (\(image))"
        }
    }

    /// What tells parts of one file from one another; nil for a whole file.
    var item: String? {
        switch place {
        case .file: nil
        case .array(let items, let item): "\(items.name.dropFirst(path.count))[\(item)]"
        case .shapes(let table, let image, _): table.isOfOneImage ? nil : image
        }
    }

    /// Its size, bands and type, before a pixel is decoded.
    func header(budget: ImageBudget) throws -> ImageHeader {
        switch place {
        case .file: try ImageReader.probe(path: path, budget: budget)
        case .array(let items, _): items.header
        case .shapes(_, _, let source): try ImageReader.probe(path: source, budget: budget)
        }
    }

    /// Some of its bands in their own units.
    ///
    /// - Parameter taken: the stored bands that are wanted, in this order; nil takes all.
    /// - Throws: `FloeError` of kind `.badData` for a band that is not there.
    func raster(taking taken: [Int]? = nil, budget: ImageBudget) throws -> Raster {
        if case .array(let items, let item) = place {
            try requireBands(taken, of: items.bands)
            return try items.raster(item, taking: taken, budget: budget)
        }
        let raster = try ImageReader.readRaster(path: path, budget: budget)
        try requireBands(taken, of: raster.bands)
        return taken.map(raster.taking) ?? raster
    }

    private func requireBands(_ taken: [Int]?, of count: Int) throws {
        guard let wrong = taken?.first(where: { $0 < 0 || $0 >= count }) else { return }
        throw FloeError(
            .badData, file: name, "the band that data.images.take names is missing",
            expected: "bands 0 to \(count - 1)", got: "\(wrong)")
    }

    /// The values of one of its bands as a mask.
    ///
    /// - Parameter band: may be nil where there is only one.
    /// - Throws: `FloeError` of kind `.badData` for a band that is not there, several of which none is
    ///   named, and values that are no whole numbers from 0 to 65535.
    func mask(band: Int?, budget: ImageBudget) throws -> StoredMask {
        if case .array(let items, let item) = place {
            let band = try maskBand(band, of: items.bands)
            let raster = try items.raster(item, taking: [band], budget: budget)
            return try ImageReader.mask(raster, isPalette: false, path: name)
        }
        let mask = try ImageReader.readMask(path: path, budget: budget)
        return mask.taking(try maskBand(band, of: mask.bands))
    }

    private func maskBand(_ band: Int?, of count: Int) throws -> Int {
        guard let band = band ?? (count == 1 ? 0 : nil) else {
            throw FloeError(
                .badData, file: name, "a mask of several bands", expected: "1", got: "\(count)",
                advice: "name one with data.masks.band, or map its data.masks.colors")
        }
        guard band >= 0, band < count else {
            throw FloeError(
                .badData, file: name, "a mask without the band that data.masks.band names",
                expected: "more than \(band) bands", got: "\(count)")
        }
        return band
    }
}
