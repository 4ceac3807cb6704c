import CKernels
import Foundation
import TensorCore

/// From logits to probabilities, plain `[batch, classes, height, width]` in and out.
public enum Probabilities {
    /// The logistic function, without overflow on either side.
    @inline(__always)
    public static func sigmoid(_ logit: Float) -> Float {
        let power = exp(-abs(logit))
        return (logit >= 0 ? 1 : power) / (1 + power)
    }

    public static func sigmoid(_ logits: Tensor) -> Tensor {
        let plain = logits.converted(to: .plain)
        var result = Tensor(uninitialized: logits.shape)
        withExtendedLifetime(plain) {
            floe_sigmoid(result.writePointer(), plain.readPointer, plain.count)
        }
        return result
    }

    static func sigmoidGradient(_ gradient: Tensor, output: Tensor) -> Tensor {
        var result = gradient
        output.withUnsafeElements { output in
            result.withUnsafeMutableElements { out in
                for index in out.indices { out[index] *= output[index] * (1 - output[index]) }
            }
        }
        return result
    }

    /// Over the channel axis, shifted by the largest logit of each pixel.
    public static func softmax(_ logits: Tensor) -> Tensor {
        let plain = logits.converted(to: .plain)
        let (n, c, h, w) = logits.shape.nchw
        var result = Tensor(uninitialized: logits.shape)
        withExtendedLifetime(plain) {
            floe_softmax(result.writePointer(), plain.readPointer, n, c, h * w)
        }
        return result
    }

    static func softmaxGradient(_ gradient: Tensor, output: Tensor) -> Tensor {
        let (n, c, h, w) = output.shape.nchw
        let pixels = h * w
        var result = gradient
        output.withUnsafeElements { output in
            result.withUnsafeMutableElements { out in
                for image in 0..<n {
                    for pixel in 0..<pixels {
                        let start = image * c * pixels + pixel
                        var dot: Float = 0
                        for k in 0..<c {
                            dot += out[start + k * pixels] * output[start + k * pixels]
                        }
                        for k in 0..<c {
                            let index = start + k * pixels
                            out[index] = output[index] * (out[index] - dot)
                        }
                    }
                }
            }
        }
        return result
    }
}
