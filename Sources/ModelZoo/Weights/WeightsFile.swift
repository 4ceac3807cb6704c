/// Weights as HDF5: one float32 dataset per tensor, found under the state's names.
///
/// The path of a dataset is its state name, segments joined by `/`
/// (`/encoder/layer1/0/conv1/weight`, `[out, in, height, width]`), the names are those of
/// segmentation_models.pytorch, torchvision and milesial's U-Net. No attributes, times or chunks are
/// written, so that any HDF5 tool opens the file as it is and the same tensors give the same bytes.
/// All work happens on images in memory: libhdf5 never opens a path.
public enum WeightsFile {}
