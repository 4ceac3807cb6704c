import Testing

@testable import Reporting

@Suite struct MembersSectionTests {
    private func bags(_ change: (inout ReportedMember, Int) -> Void) throws -> BarChart {
        try #require(MembersSection(members: SampleMembers.make(2, change)).bags)
    }

    @Test func bagsOfKnownIds() throws {
        let chart = try bags { _, _ in }
        #expect(chart.parts == ["different ones", "drawn again"] && chart.axis == "images")
        #expect(chart.rows.map(\.values) == [[38, 22], [39, 21]])
        #expect(chart.rows.map(\.text) == ["38 of 60 drawn", "39 of 60 drawn"])
    }

    /// Nobody knows how many of them are the same.
    @Test func unknownIdsAreAPartOfTheirOwn() throws {
        let mixed = try bags { member, index in if index == 0 { member.bag?.distinct = nil } }
        #expect(mixed.parts == ["different ones", "drawn again", "drawn, ids unknown"])
        #expect(mixed.rows.map(\.values) == [[nil, nil, 60], [39, 21, nil]])
        #expect(mixed.rows[0].text == "60 drawn, ids unknown")
        let none = try bags { member, _ in member.bag?.distinct = nil }
        #expect(none.parts == ["drawn, ids unknown"] && none.rows.map(\.values) == [[60], [60]])
        #expect(none.legend.isEmpty)
    }

    @Test func unitsAreInThePlural() throws {
        #expect(try bags { member, _ in member.bag?.unit = "patch" }.axis == "patches")
        #expect(
            try bags { member, _ in member.bag?.unit = "(.*)_t[0-9]" }.axis
                == "groups of images, by (.*)_t[0-9]")
        #expect(
            try bags { member, index in if index == 0 { member.bag?.unit = "patch" } }.axis
                == "images or groups of them")
    }

    @Test func nothingKnownIsNoSection() {
        let members = SampleMembers.make(2) { member, _ in
            (member.bag, member.records) = (nil, [])
        }
        #expect(MembersSection(members: members).section == nil)
        #expect(MembersSection(members: members).bags == nil)
    }
}
