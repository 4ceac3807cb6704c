/// How a process ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    /// Whether the process says that it did its work.
    public var isSuccess: Bool { self == .code(0) }

    /// As a shell gives it: 128 plus the number for a signal.
    public var shellCode: Int32 {
        switch self {
        case .code(let code): code
        case .signal(let number): 128 + number
        }
    }

    public var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let number): "signal \(number)"
        }
    }
}
