import Foundation

/// A type that is one JSON text, number or truth value.
protocol PlainJSONValue {
    /// Nil where the value has another kind or does not fit.
    init?(json: JSONValue)
    static var kindInWords: String { get }
}

extension Bool: PlainJSONValue {
    init?(json: JSONValue) {
        guard case .bool(let flag) = json else { return nil }
        self = flag
    }
    static var kindInWords: String { "true or false" }
}

extension String: PlainJSONValue {
    init?(json: JSONValue) {
        guard case .string(let text) = json else { return nil }
        self = text
    }
    static var kindInWords: String { "a text" }
}

extension Double: PlainJSONValue {
    init?(json: JSONValue) {
        guard case .number(let text) = json, let number = Double(text), number.isFinite else {
            return nil
        }
        self = number
    }
    static var kindInWords: String { "a number" }
}

extension Float: PlainJSONValue {
    init?(json: JSONValue) {
        // Straight from the digits: by way of Double the last bit could be rounded twice.
        guard case .number(let text) = json, let number = Float(text), number.isFinite else {
            return nil
        }
        self = number
    }
    static var kindInWords: String { "a number" }
}

extension PlainJSONValue where Self: FixedWidthInteger {
    init?(json: JSONValue) {
        guard case .number(let text) = json else { return nil }
        if let number = Self(text) {
            self = number
        } else if let number = Double(text), abs(number) < 0x1p53 {
            self.init(exactly: number)
        } else {
            return nil
        }
    }

    static var kindInWords: String { "a whole number of \(min) to \(max)" }
}

extension Int: PlainJSONValue {
    static var kindInWords: String { "a whole number" }
}
extension Int8: PlainJSONValue {}
extension Int16: PlainJSONValue {}
extension Int32: PlainJSONValue {}
extension Int64: PlainJSONValue {}
extension UInt: PlainJSONValue {}
extension UInt8: PlainJSONValue {}
extension UInt16: PlainJSONValue {}
extension UInt32: PlainJSONValue {}
extension UInt64: PlainJSONValue {}

extension Date: PlainJSONValue {
    init?(json: JSONValue) {
        guard case .string(let text) = json,
            let date = try? Date(text, strategy: Date.ISO8601FormatStyle())
        else { return nil }
        self = date
    }
    static var kindInWords: String { "a date such as 2024-05-31T12:00:00Z" }
}

extension Data: PlainJSONValue {
    init?(json: JSONValue) {
        guard case .string(let text) = json else { return nil }
        self.init(base64Encoded: text)
    }
    static var kindInWords: String { "a text in Base64" }
}
