/// The validation score that decides on the best epoch, on stopping, and on lower rates.
public enum MonitoredScore: String, Codable, CaseIterable, Sendable {
    case loss, dice, iou, accuracy

    public var isHigherBetter: Bool { self != .loss }
}
