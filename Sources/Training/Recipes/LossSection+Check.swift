import SegmentationData

extension LossSection {
    /// What is wrong with a key.
    private struct Problem {
        var key: String
        var expected: String
        var got: Any
    }

    func check(_ check: RecipeCheck, of recipe: Recipe) throws {
        guard
            let problem = problem(
                isExclusive: recipe.data.kind == .softmax,
                classes: recipe.data.classes.map(\.name))
        else { return }
        try check.require(false, "loss.\(problem.key)", problem.expected, problem.got)
    }

    /// Whether the term is for such classes, its class weights numbers.
    public func fits(isExclusive: Bool, classes: [String]) -> Bool {
        if case .rule = classWeights { return false }
        return problem(isExclusive: isExclusive, classes: classes) == nil
    }

    private func problem(isExclusive: Bool, classes: [String]) -> Problem? {
        guard weight > 0, weight.isFinite else {
            return Problem(key: "weight", expected: "more than 0", got: weight)
        }
        guard term.fits(isExclusive: isExclusive) else {
            return Problem(
                key: "term", expected: "a term for \(isExclusive ? "softmax" : "sigmoid") classes",
                got: term.rawValue)
        }
        return keyOfAnotherTerm ?? numberOutOfRange(isExclusive: isExclusive, classes.count)
            ?? classWeightsProblem(classes) ?? ignoredClassesProblem(classes)
    }

    /// A key that the term would not look at.
    private var keyOfAnotherTerm: Problem? {
        let given: [(key: String, value: Any?, terms: [Term])] = [
            ("smooth", smooth == 0 ? nil : smooth, [.dice, .tversky]),
            ("gamma", gamma, [.focal, .tversky]), ("alpha", alpha, [.focal, .tversky]),
            ("beta", beta, [.tversky]), ("limit", limit, [.classLimit]),
            ("share", share, [.classLimit]),
            ("label-smoothing", labelSmoothing, [.crossEntropy, .binaryCrossEntropy]),
            (
                "class-weights", classWeights,
                [.crossEntropy, .binaryCrossEntropy, .focal, .dice, .tversky]
            ),
        ]
        for (key, value, terms) in given where value != nil && !terms.contains(term) {
            return Problem(
                key: key, expected: "only for " + terms.map(\.rawValue).joined(separator: ", "),
                got: "it for \(term.rawValue)")
        }
        return nil
    }

    private func numberOutOfRange(isExclusive: Bool, _ classes: Int) -> Problem? {
        func outside(_ key: String, _ value: Double?, _ expected: String, _ isFine: Bool)
            -> Problem?
        {
            value == nil || isFine ? nil : Problem(key: key, expected: expected, got: value ?? 0)
        }
        if let found = outside(
            "smooth", smooth, "at least 0", smooth >= 0 && smooth.isFinite)
        {
            return found
        }
        let (alpha, beta, gamma) = (alpha ?? 0, beta ?? 0, gamma ?? 0)
        switch term {
        case .focal:
            if isExclusive, self.alpha != nil {
                return Problem(
                    key: "alpha", expected: "class-weights instead, for softmax classes",
                    got: alpha)
            }
            return outside("gamma", self.gamma, "0 to 100", (0...100).contains(gamma))
                ?? outside("alpha", self.alpha, "0 to 1", (0...1).contains(alpha))
        case .tversky:
            return outside("alpha", alpha, "at least 0", alpha >= 0 && alpha.isFinite)
                ?? outside("beta", beta, "at least 0", beta >= 0 && beta.isFinite)
                ?? outside("beta", beta, "alpha or beta above 0", alpha + beta > 0)
                ?? outside(
                    "gamma", self.gamma, "above 0, at most 100", gamma > 0 && gamma <= 100)
        case .classLimit:
            return outside(
                "limit", limit, "0 to below the number of classes, \(classes)",
                (0..<Double(classes)).contains(limit ?? 0))
                ?? outside(
                    "share", share, "above 0, at most 1", (share ?? 0) > 0 && (share ?? 0) <= 1)
        case .crossEntropy, .binaryCrossEntropy:
            return outside(
                "label-smoothing", labelSmoothing, "0 to below 1",
                (0..<1).contains(labelSmoothing ?? 0))
        case .dice, .lovasz, .boundary, .lowPass: return nil
        }
    }

    private func classWeightsProblem(_ classes: [String]) -> Problem? {
        guard case .numbers(let numbers) = classWeights else { return nil }
        guard numbers.count == classes.count, numbers.allSatisfy({ $0 >= 0 && $0.isFinite }),
            numbers.contains(where: { $0 > 0 })
        else {
            return Problem(
                key: "class-weights",
                expected: "\(classes.count) weights, none negative, or inverse-frequency or "
                    + "median-frequency", got: numbers)
        }
        return nil
    }

    private func ignoredClassesProblem(_ classes: [String]) -> Problem? {
        guard let ignoreClasses else { return nil }
        if let unknown = ignoreClasses.first(where: { !classes.contains($0) }) {
            return Problem(
                key: "ignore-classes", expected: classes.joined(separator: ", "), got: unknown)
        }
        guard Set(ignoreClasses).count < classes.count else {
            return Problem(
                key: "ignore-classes", expected: "a class that is left",
                got: ignoreClasses.joined(separator: ", "))
        }
        return nil
    }
}

extension LossSection.Term {
    /// Whether the term is for such classes.
    fileprivate func fits(isExclusive: Bool) -> Bool {
        switch self {
        case .binaryCrossEntropy: !isExclusive
        case .crossEntropy: isExclusive
        case .focal, .dice, .tversky, .lovasz, .boundary, .classLimit, .lowPass: true
        }
    }
}
