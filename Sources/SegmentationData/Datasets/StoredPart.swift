import DurableFiles

/// Where one source of a photo is stored: in a file of its own, or as a part of a file of many.
struct StoredPart: Sendable {
    enum Place: Sendable {
        case file
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
        case .shapes(_, let image, _): "\(path) (\(image))"
        }
    }

    /// What tells parts of one file from one another; nil for a whole file.
    var item: String? {
        switch place {
        case .file: nil
        case .shapes(_, let image, _): image
        }
    }

    /// Its size, bands and type, before a pixel is decoded.
    func header(budget: ImageBudget) throws -> ImageHeader {
        switch place {
        case .file: try ImageReader.probe(path: path, budget: budget)
        case .shapes(_, _, let source): try ImageReader.probe(path: source, budget: budget)
        }
    }

    /// All its bands in their own units.
    func raster(budget: ImageBudget) throws -> Raster {
        try ImageReader.readRaster(path: path, budget: budget)
    }

    /// What tells whether two parts are the same: the bytes of a file, the shapes of an image; nil
    /// where no shape covers anything.
    func digest(_ budget: ImageBudget) throws -> String? {
        switch place {
        case .file: return try SHA256Digest.ofFile(at: path).hex
        case .shapes(let table, let image, _):
            let header = try header(budget: budget)
            var hasher = SHA256Hasher()
            var isEmpty = true
            hasher.update(text: "\(header.height) \(header.width)\n")
            try table.spans(image: image, height: header.height, width: header.width) {
                hasher.update(text: "\($0.label) \($0.isVague) \($1.first) \($1.count)\n")
                isEmpty = false
            }
            return isEmpty ? nil : hasher.finalize().hex
        }
    }

    /// Its values as a mask.
    func mask(budget: ImageBudget) throws -> StoredMask {
        try ImageReader.readMask(path: path, budget: budget)
    }
}
