import DurableFiles

/// Where one source of a photo is stored: in a file of its own, or as a part of a file of many.
struct StoredPart: Sendable {
    enum Place: Sendable {
        case file
        case array(ArrayItems, item: Int)
        /// What a table says about an image, whose size is that of its first source.
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
        case .shapes(_, let image, _): "\(path) (\(image))"
        }
    }

    /// What tells parts of one file from one another; nil for a whole file.
    var item: String? {
        switch place {
        case .file: nil
        case .array(let items, let item): "\(items.name.dropFirst(path.count))[\(item)]"
        case .shapes(_, let image, _): image
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

    /// All its bands in their own units.
    func raster(budget: ImageBudget) throws -> Raster {
        if case .array(let items, let item) = place {
            return try items.raster(item, budget: budget)
        }
        return try ImageReader.readRaster(path: path, budget: budget)
    }

    /// Its values as a mask.
    func mask(budget: ImageBudget) throws -> StoredMask {
        if case .array(let items, let item) = place {
            let raster = try items.raster(item, budget: budget)
            return try ImageReader.mask(raster, isPalette: false, path: name)
        }
        return try ImageReader.readMask(path: path, budget: budget)
    }
}
