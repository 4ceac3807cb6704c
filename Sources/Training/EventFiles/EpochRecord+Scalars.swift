extension EpochRecord {
    /// The tag that every epoch has.
    static let firstTag = "loss/training"

    /// The epoch's numbers as points of TensorBoard's curves; what is missing has none.
    ///
    /// - Parameter terms: the names of the loss's terms, whose weights may adapt.
    func scalars(terms: [String]) -> [TensorBoardEvent.Value] {
        let named: [(tag: String, value: Double?)] =
            [
                (Self.firstTag, trainingLoss), ("loss/validation", validationLoss),
                ("validation/dice", validationDice), ("validation/iou", validationIoU),
                ("validation/accuracy", validationAccuracy), ("training/rate", rate),
                ("training/seconds", seconds),
            ]
            // A term may be there twice.
            + zip(terms, lossWeights ?? []).enumerated().map { index, term in
                ("loss-weight/\(index + 1)-\(term.0)", term.1)
            }
        return named.compactMap { tag, value in
            value.map { .init(tag: tag, content: .scalar(Float($0))) }
        }
    }
}
