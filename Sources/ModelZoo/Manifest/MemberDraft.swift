import SegmentationModels

/// What a member manifest says that the network itself does not: the rest is filled in on saving.
public struct MemberDraft: Sendable {
    /// UTC, such as `2025-03-01T09:30:00Z`.
    public var created: String
    /// Name and version of what writes the member, such as `floe 1.0.0`.
    public var software: String
    public var lineage: [MemberManifest.Parent]
    public var input: MemberManifest.Input
    public var output: MemberManifest.Output
    public var bag: MemberManifest.Bag?
    public var data: MemberManifest.TrainingData?
    public var training: MemberManifest.TrainingRecord?
    public var scores: MemberManifest.Scores
    /// Names the input of the self-test.
    public var selfTestSeed: UInt64

    public init(
        created: String, software: String, lineage: [MemberManifest.Parent] = [],
        input: MemberManifest.Input, output: MemberManifest.Output,
        bag: MemberManifest.Bag? = nil, data: MemberManifest.TrainingData? = nil,
        training: MemberManifest.TrainingRecord? = nil,
        scores: MemberManifest.Scores = MemberManifest.Scores(), selfTestSeed: UInt64 = 1
    ) {
        self.created = created
        self.software = software
        self.lineage = lineage
        self.input = input
        self.output = output
        self.bag = bag
        self.data = data
        self.training = training
        self.scores = scores
        self.selfTestSeed = selfTestSeed
    }

    /// The draft that leads to an existing manifest.
    public init(_ manifest: MemberManifest) {
        self.init(
            created: manifest.identity.created, software: manifest.identity.software,
            lineage: manifest.lineage, input: manifest.input, output: manifest.output,
            bag: manifest.bag, data: manifest.data, training: manifest.training,
            scores: manifest.scores, selfTestSeed: manifest.selfTest.seed)
    }
}
