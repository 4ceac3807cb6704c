/// A value of single-precision numbers with a shape and a memory layout.
///
/// Copies are independent: the buffer is shared until one of them is written to.
public struct Tensor: Sendable {
    public let shape: Shape
    public let layout: Layout
    private(set) var storage: TensorStorage

    /// Memory without defined contents; padding of a blocked layout is zeroed.
    public init(uninitialized shape: Shape, layout: Layout = .plain) {
        precondition(layout == .plain || shape.rank == 4, "\(layout) needs four axes, got \(shape)")
        self.shape = shape
        self.layout = layout
        storage = TensorStorage(count: layout.storageCount(of: shape))
        zeroPadding()
    }

    public init(repeating value: Float, shape: Shape, layout: Layout = .plain) {
        self.init(uninitialized: shape, layout: layout)
        let target = UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count)
        if value == 0 || layout.storageCount(of: shape) == shape.count {
            target.update(repeating: value)
        } else {
            self = Tensor(repeating: value, shape: shape).converted(to: layout)
        }
    }

    public init(zeros shape: Shape, layout: Layout = .plain) {
        self.init(repeating: 0, shape: shape, layout: layout)
    }

    /// Row-major values.
    public init(_ values: [Float], shape: Shape) {
        precondition(
            values.count == shape.count, "\(values.count) values do not fill shape \(shape)")
        self.init(uninitialized: shape)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress {
                storage.pointer.update(from: base, count: source.count)
            }
        }
    }

    /// The values in row-major order, whatever the layout.
    public var values: [Float] {
        let plain = layout == .plain ? self : converted(to: .plain)
        return plain.withUnsafeElements { Array($0) }
    }

    public var count: Int { shape.count }

    /// True where no other tensor shares the buffer, so that a result may be written over it.
    public mutating func isUniquelyReferenced() -> Bool {
        isKnownUniquelyReferenced(&storage)
    }

    /// The elements in memory order, padding included.
    public func withUnsafeElements<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(storage) {
            try body(UnsafeBufferPointer(start: storage.pointer, count: storage.count))
        }
    }

    /// Write access to the elements in memory order; the buffer is copied first if it is shared.
    public mutating func withUnsafeMutableElements<Result>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        if !isKnownUniquelyReferenced(&storage) {
            let copy = TensorStorage(count: storage.count)
            copy.pointer.update(from: storage.pointer, count: storage.count)
            storage = copy
        } else {
            if !storage.derived.isEmpty { storage.derived.removeAll() }
            storage.companion = nil
        }
        return try withExtendedLifetime(storage) {
            try body(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
        }
    }

    /// Tensors that follow from this one and `others`, made once and kept until one of them changes;
    /// the last `make` counts. On `ComputeThread` only.
    public func companion(
        of others: [Tensor] = [], _ make: (Tensor) -> [Tensor]
    ) -> [Tensor] {
        if let known = storage.companion, known.others.count == others.count,
            zip(known.others, others).allSatisfy({ $0 === $1.storage })
        {
            return known.tensors
        }
        let tensors = make(self)
        storage.companion = .init(others: others.map(\.storage), tensors: tensors)
        return tensors
    }

    /// True where no element is infinite or not a number.
    public var isAllFinite: Bool {
        withUnsafeElements { elements in
            // A number is finite unless all bits of its exponent are set.
            var found: UInt32 = 0
            for element in elements {
                found |= element.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
            }
            return found == 0
        }
    }

    /// The same plain elements under another shape.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(layout == .plain, "only plain tensors are reshaped")
        precondition(shape.count == self.shape.count, "\(self.shape) cannot become \(shape)")
        return Tensor(shape: shape, layout: .plain, storage: storage)
    }

    private init(shape: Shape, layout: Layout, storage: TensorStorage) {
        self.shape = shape
        self.layout = layout
        self.storage = storage
    }

    private func zeroPadding() {
        guard case .channelBlocked(let block) = layout else { return }
        let (n, c, h, w) = shape.nchw
        guard c % block != 0 else { return }
        let blocks = (c + block - 1) / block
        let plane = h * w * block
        for image in 0..<n {
            (storage.pointer + ((image + 1) * blocks - 1) * plane).update(
                repeating: 0, count: plane)
        }
    }
}
