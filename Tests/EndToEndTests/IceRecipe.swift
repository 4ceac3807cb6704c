/// A recipe for what `floe data synth` makes, in the folder `ice` beside it.
enum IceRecipe {
    /// - Parameters:
    ///   - name: of the recipe and of the data.
    ///   - side: pixels of the square that images are brought to.
    ///   - split: numbers of images, as in `data.split`.
    ///   - rest: all sections but `data`.
    static func text(_ name: String, side: Int = 48, split: String, _ rest: String) -> String {
        """
        name: \(name)
        data:
          name: \(name)
          root: ice
          images:
            - {files: "*_vis.tiff", bands: [red, green, blue]}
            - {files: "*_sar.tiff", bands: [sar]}
          masks: {files: "*_ref.tiff", values: {0: background, 1: ice}}
          classes: [ice]
          size: [\(side), \(side)]
          split: {\(split), seed: 1}
        \(rest)
        """
    }
}
