import CKernels

/// Means of maps and gates on them: what attention is made of. They work in any layout.
extension ComputeBackend {
    public func mapMeans(_ input: Tensor) -> Tensor {
        let map = MapGeometry(input)
        let means = map.sums(input).plain.map { Float($0 / Double(map.pixels)) }
        return Tensor(means, shape: [map.images, map.channels, 1, 1])
    }

    public func mapMeansGradient(
        _ outputGradient: Tensor, inputShape: Shape, layout: Layout
    ) -> Tensor {
        let map = MapGeometry(inputShape, layout)
        let gradient = outputGradient.values
        var result = Tensor(uninitialized: inputShape, layout: layout)
        map.affine(
            into: &result, nil, [],
            constant: map.coefficients {
                Double(gradient[$0 * map.channels + $1]) / Double(map.pixels)
            })
        return result
    }

    public func gate(_ input: Tensor, channel: Tensor, spatial: Tensor?) -> Tensor {
        let map = MapGeometry(input)
        let gates = map.gates(channel)
        var result = Tensor(uninitialized: input.shape, layout: input.layout)
        guard let spatial = spatial?.converted(to: .plain) else {
            map.affine(into: &result, input, gates)
            return result
        }
        withExtendedLifetime((input, spatial)) {
            floe_map_gate(
                result.writePointer(), input.readPointer, gates, spatial.readPointer, map.extents)
        }
        return result
    }

    public func gateGradient(
        _ outputGradient: Tensor, input: Tensor, channel: Tensor, spatial: Tensor?
    ) -> (input: Tensor, channel: Tensor, spatial: Tensor?) {
        let map = MapGeometry(input)
        let gradient = convert(outputGradient, to: input.layout)
        let sums = map.sums(gradient, input).product.map(Float.init)
        var dots: Tensor?
        if let shape = spatial?.shape {
            var made = Tensor(uninitialized: shape)
            withExtendedLifetime((gradient, input)) {
                floe_map_dots(
                    made.writePointer(), gradient.readPointer, input.readPointer, map.extents)
            }
            dots = made
        }
        return (
            gate(gradient, channel: channel, spatial: spatial),
            Tensor(sums, shape: channel.shape), dots
        )
    }
}

extension MapGeometry {
    /// The gates `[batch, channels, 1, 1]` in the order of the map's memory.
    fileprivate func gates(_ channel: Tensor) -> [Float] {
        precondition(channel.shape == [images, channels, 1, 1], "one gate for every channel")
        let values = channel.values
        return coefficients { Double(values[$0 * channels + $1]) }
    }
}
