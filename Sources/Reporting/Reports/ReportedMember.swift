import DurableFiles
import Ensembling
import Foundation
import ModelZoo
import Training

/// What a report says of one member's making.
public struct ReportedMember: Sendable {
    public var name: String
    /// Such as `unet-resnet18`.
    public var architecture: String
    public var parameters: Int
    /// By epoch; empty where the member came without `history.csv`.
    public var records: [EpochRecord]
    public var bag: Bag?
    /// Its own scores on the validation images, by name.
    public var validation: [String: Double]
    /// Whether those are images that its own bag left out, and no other member's.
    public var validatedHeldOut = false
    /// The loss that it was trained with, as its recipe has it; nil where nobody knows.
    public var loss: JSONValue?
    public var seconds: Double?

    public struct Bag: Sendable {
        /// What is drawn: `image`, `patch`, or an expression for groups.
        public var unit: String
        /// Draws, repetitions counted.
        public var drawn: Int
        /// Different ones among them; nil where the ids cannot be read.
        public var distinct: Int?
        /// Classes that no image of the bag has.
        public var missingClasses: [String]
    }
}

extension ReportedMember {
    /// Reads what lies in a member's folder.
    ///
    /// A history that is damaged or missing is left out: the member is whole without it.
    public init(name: String, manifest: MemberManifest, path: String) {
        self.name = name
        architecture = manifest.architecture.name
        parameters = manifest.weights.parameterCount
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        records = (try? EpochRecord.read(folder + "/history.csv")) ?? []
        bag = manifest.bag.map { bag in
            let ids = (try? MemberStore.bagIDs(of: manifest, at: path)) ?? nil
            return Bag(
                unit: bag.unit, drawn: bag.drawn, distinct: ids.map { Set($0).count },
                missingClasses: bag.classesNeverSeen)
        }
        validation = manifest.scores.validation?.values ?? [:]
        validatedHeldOut = manifest.bag?.validatedHeldOut == true
        if case .object(let recipe)? = manifest.training?.hyperparameters { loss = recipe["loss"] }
        seconds = manifest.training?.seconds
    }

    /// Which members an ensemble's numbers are of: their manifests' digests.
    public static func provenance(of ensemble: OpenedEnsemble) -> [(name: String, value: String)] {
        zip(ensemble.names, ensemble.members).map { name, member in
            (name, "SHA-256 \(member.sha256.hex)")
        }
    }

    /// The members of an ensemble, in manifest order.
    public static func all(of ensemble: OpenedEnsemble) -> [ReportedMember] {
        zip(ensemble.names, ensemble.members).map { name, member in
            ReportedMember(name: name, manifest: member.manifest, path: member.path)
        }
    }
}

/// Which of the members' own numbers can be compared.
extension [ReportedMember] {
    /// Whether validation scores are of the same images.
    var shareValidation: Bool { !contains(where: \.validatedHeldOut) }

    /// Whether losses are of one kind, class weights included, and of the same images.
    var shareLoss: Bool { shareValidation && hasOneLoss }

    private var hasOneLoss: Bool {
        guard let loss = first?.loss else { return false }
        return allSatisfy { $0.loss == loss }
    }

    /// Why no best is marked, a sentence a reason.
    var differences: [String] {
        guard count > 1 else { return [] }
        if !shareValidation {
            return ["Each on the images that its own bag left out, so that no best is marked."]
        }
        return hasOneLoss
            ? []
            : [
                "Losses of members that were not trained with the same one cannot be compared, so "
                    + "that none is marked."
            ]
    }
}
