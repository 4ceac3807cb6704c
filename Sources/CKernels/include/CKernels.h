#ifndef FLOE_CKERNELS_H
#define FLOE_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

// Loops over plain buffers where wide vectors matter: each is compiled for SSE2, AVX2 and AVX-512
// (the convolutions of blocked/ for the latter two) and chosen at run time. Work is cut by position, never by timing, and every sum is taken in one
// order, so that results do not depend on which thread ran first.

// ---- threads (parallel.c)

// Runs body(context, thread, threads) on the team of threads that oneDNN uses (libgomp, found at
// run time), or once on the calling thread where there is no libgomp.
void floe_parallel(void (*body)(void *context, int thread, int threads), void *context);
// Threads of later floe_parallel and oneDNN calls made from the calling thread.
void floe_set_threads(int threads);
int floe_max_threads(void);

// ---- elementwise (elementwise.c); all arrays have `count` elements

void floe_add(float *out, const float *a, const float *b, size_t count, int relu);
void floe_multiply(float *out, const float *a, const float *b, size_t count);
void floe_relu(float *out, const float *in, size_t count);
// out = gradient where output > 0, else 0
void floe_relu_gradient(float *out, const float *gradient, const float *output, size_t count);
void floe_copy(float *out, const float *in, size_t count);
// values[outer][pixels][inner] += bias[outer % channel_blocks][inner]
void floe_add_bias(float *values, const float *bias, size_t outer, size_t channel_blocks,
                   size_t pixels, size_t inner);
// sums[channel_blocks][inner] = sum over images and pixels of values[images][blocks][pixels][inner]
void floe_channel_sums(double *sums, const float *values, size_t images, size_t channel_blocks,
                       size_t pixels, size_t inner);

// ---- probabilities and losses (probabilities.c, cross_entropy.c, region_losses.c); images are
// [images][classes][pixels], 255 is ignored

void floe_sigmoid(float *out, const float *logits, size_t count);
void floe_softmax(float *out, const float *logits, size_t images, size_t classes, size_t pixels);
// Runs of pixels whose sums a loss returns one by one; they are to be added in their order.
size_t floe_loss_runs(size_t images, size_t pixels);
// Sums of log(1 + e^x) - x t; adds scale times the gradient where that is not null.
void floe_binary_cross_entropy(double *sums, float *gradient, const float *logits,
                               const uint8_t *labels, size_t count, float smoothing,
                               float scale);
// Sums of -log softmax at the true class, weighted by class; with smoothing s it keeps a share 1 - s,
// and all classes together have s.
void floe_cross_entropy(double *sums, float *gradient, const float *logits, const uint8_t *labels,
                        const float *class_weights, size_t images, size_t classes, size_t pixels,
                        float smoothing, float scale);
// Factors of labels that are present and absent.
struct floe_focal {
  float gamma, positive, negative;
};
void floe_binary_focal(double *sums, float *gradient, const float *logits, const uint8_t *labels,
                       size_t count, struct floe_focal rule, float scale);
void floe_exclusive_focal(double *sums, float *gradient, const float *logits,
                          const uint8_t *labels, const float *class_weights, size_t images,
                          size_t classes, size_t pixels, float gamma, float scale);
// Four sums for every run of every plane: overlap, predicted, present, counted. Labels are one plane
// for each class, or one of class indices where classes are exclusive.
void floe_dice_sums(double *sums, const float *probabilities, const uint8_t *labels, size_t images,
                    size_t classes, size_t pixels, int is_exclusive);
// slopes[classes][2]: of a probability where its class is present, and everywhere
void floe_dice_gradient(float *gradient, const float *probabilities, const uint8_t *labels,
                        const float *slopes, size_t images, size_t classes, size_t pixels,
                        int is_exclusive);
// slopes[images][classes][pixels]: of every probability; 0 in all classes where a pixel is ignored
void floe_slope_gradient(float *gradient, const float *probabilities, const float *slopes,
                         size_t images, size_t classes, size_t pixels, int is_exclusive,
                         float scale);

// ---- optimisers (optimizers.c): one sweep over all parameters

struct floe_parameter {
  float *weight;
  const float *gradient;
  float *first, *second; // Adam's moments; the velocity of SGD and the momentum of Lion are the first
  size_t count;
  int decays; // whether weight decay is for it
};
// What a gradient goes through first: times `scale`, then cut to -limit ... limit. 1 and infinity
// leave every bit as it is; what is not a number stays so.
struct floe_clip {
  float scale, limit;
};
// first = beta1 first + complement1 g, second = beta2 second + complement2 g^2,
// weight -= step first / (scale sqrt(second) + epsilon): Adam, AdamW and RAdam. Decay is added to the
// gradient, or, where it is decoupled, is the part by which the weight shrinks.
// complement = 1 - beta, which single precision would get wrong in its fifth digit
struct floe_adam {
  float step, beta1, complement1, beta2, complement2, scale, epsilon, decay;
  int is_decoupled;
};
struct floe_sgd {
  float rate, momentum, decay;
  int nesterov, first_step;
};
// `shrink` is the part of the weight that decay takes away.
struct floe_lion {
  float rate, beta1, complement1, beta2, complement2, shrink;
};
// All return whether every weight is finite afterwards.
int floe_adam_step(const struct floe_parameter *parameters, size_t count, struct floe_adam rule,
                   struct floe_clip clip);
int floe_sgd_step(const struct floe_parameter *parameters, size_t count, struct floe_sgd rule,
                  struct floe_clip clip);
int floe_lion_step(const struct floe_parameter *parameters, size_t count, struct floe_lion rule,
                   struct floe_clip clip);
// Runs of elements whose sums floe_gradient_squares returns one by one, to be added in their order.
size_t floe_gradient_runs(const struct floe_parameter *parameters, size_t count);
void floe_gradient_squares(double *sums, const struct floe_parameter *parameters, size_t count);

// average += weight (value - average), array by array
struct floe_averaged {
  float *average;
  const float *value;
  size_t count;
};
void floe_average(const struct floe_averaged *arrays, size_t count, float weight);

// ---- resizing (resize.c); arrays are [outer][height][width][inner]

struct floe_resize {
  size_t outer, in_height, in_width, out_height, out_width, inner;
};
// source row and column of every output row and column
void floe_resize_nearest(float *out, const float *in, struct floe_resize s, const int32_t *rows,
                         const int32_t *columns);
void floe_resize_nearest_gradient(float *in_gradient, const float *out_gradient,
                                  struct floe_resize s, const int32_t *rows,
                                  const int32_t *columns);
// lower neighbour and weight of the upper one for every output row and column
void floe_resize_bilinear(float *out, const float *in, struct floe_resize s, const int32_t *rows,
                          const float *row_weights, const int32_t *columns,
                          const float *column_weights);
void floe_resize_bilinear_gradient(float *in_gradient, const float *out_gradient,
                                   struct floe_resize s, const int32_t *rows,
                                   const float *row_weights, const int32_t *columns,
                                   const float *column_weights);
// plain [channels][pixels] <-> blocked [channels/block][pixels][block], one image
void floe_block_channels(float *out, const float *in, size_t channels, size_t pixels, size_t block);
void floe_unblock_channels(float *out, const float *in, size_t channels, size_t pixels,
                           size_t block);

// ---- maps by channel and by pixel (maps.c)

// Maps are [outer][pixels][inner], outer = images * blocks of channels.
struct floe_map {
  size_t images, outer, pixels, inner;
};
// Runs of pixels that a plane is cut into.
size_t floe_map_runs(struct floe_map s);
// out = a p + b q + c, then ReLU where asked for; p counts as 0 where `mask` is not above 0. a, b and c are
// [outer][inner]; p with its a, q with its b, and mask may be null.
void floe_map_affine(float *out, const float *p, const float *q, const float *mask, const float *a,
                     const float *b, const float *c, int relu, struct floe_map s);
// sums[outer][2][inner]: over pixels of p, and of p q; p is masked as above, q may be null. There must be room for
// [outer][runs][2][inner].
void floe_map_sums(double *sums, const float *p, const float *q, const float *mask, struct floe_map s);
// out = in (channel + spatial); channel is [outer][inner], spatial [images][pixels]
void floe_map_gate(float *out, const float *in, const float *channel, const float *spatial,
                   struct floe_map s);
// dots[images][pixels] = sum over channels of p q
void floe_map_dots(float *dots, const float *p, const float *q, struct floe_map s);

// ---- convolutions with a few outputs, 1x1 or 3x3, stride 1, same size (blocked/few_outputs.c)

// in: [images][blocks][height][width][block]; out: [images][outputs][height][width];
// weight: [outputs][blocks][kernel][kernel][block]; block is 8 or 16
struct floe_few {
  size_t images, blocks, height, width, block, outputs, kernel;
};
int floe_few_exists(struct floe_few s);
// bias may be null
void floe_few_forward(float *out, const float *in, const float *weight, const float *bias,
                      struct floe_few s);
void floe_few_input_gradient(float *in_gradient, const float *gradient, const float *weight,
                             struct floe_few s);
// row_sums: [images][height] weights, to be added up
void floe_few_weight_gradient(float *row_sums, const float *in, const float *gradient,
                              struct floe_few s);
// ---- Winograd convolution (blocked/winograd.c): 3x3, stride 1, same size, blocked layouts

struct floe_winograd {
  size_t images, inputs, outputs, height, width, block;
};
// A blocked tensor, or two that follow each other in their channels: image by image,
// [blocks][height][width][block].
struct floe_planes {
  float *data[2];
  size_t blocks[2];
};
// Whether this processor and these channels have it.
int floe_winograd_exists(struct floe_winograd s);
// `panels_outer` orders the work for few tiles and many channels.
size_t floe_winograd_scratch(struct floe_winograd s, int is_weight_gradient, int panels_outer, int threads);
// out = relu(convolution(in) + bias + residual); bias, residual and relu are optional. The weight is
// plain [outputs][inputs][3][3]; `transposed` takes it as [inputs][outputs] turned around, which
// makes an input gradient.
void floe_winograd_forward(struct floe_planes out, struct floe_planes in, const float *weight, int transposed,
                           const float *bias, const float *residual, int relu, struct floe_winograd s,
                           int panels_outer, float *scratch);
// `gradient` is that of the output; the result is plain.
void floe_winograd_weight_gradient(float *weight_gradient, struct floe_planes in, const float *gradient,
                                   struct floe_winograd s, int panels_outer, int threads, float *scratch);

// ---- direct convolution (blocked/direct.c), blocked layouts

struct floe_direct {
  size_t images, inputs, outputs, height, width, out_height, out_width;
  size_t kernel, stride, padding, dilation, block;
};
int floe_direct_exists(struct floe_direct s);
size_t floe_direct_weight_count(struct floe_direct s);
// The plain weight [outputs][inputs][kernel][kernel] in the order of the product; `transposed` takes a 1x1
// kernel's [inputs][outputs].
void floe_direct_pack(float *packed, const float *weight, int transposed, struct floe_direct s);
size_t floe_direct_scratch(struct floe_direct s, int threads);
// out = relu(convolution(in) + bias + residual); bias, residual and relu are optional.
void floe_direct_forward(float *out, const float *in, const float *packed, const float *bias,
                         const float *residual, int relu, struct floe_direct s, float *scratch);

// ---- 2x2 kernels that move by two (blocked/squares.c), forward and transposed, blocked layouts

// height and width are those of the coarse map; the fine one has twice as many of both
struct floe_squares {
  size_t images, coarse, fine, height, width, block;
};
int floe_squares_exist(struct floe_squares s);
size_t floe_squares_scratch(struct floe_squares s, int threads);
// Weights are plain [coarse][fine][2][2]; bias may be null.
void floe_squares_to_fine(float *fine, const float *coarse, const float *weight, const float *bias,
                          struct floe_squares s, float *scratch);
void floe_squares_to_coarse(float *coarse, const float *fine, const float *weight,
                            const float *bias, struct floe_squares s, float *scratch);
void floe_squares_weight_gradient(float *weight_gradient, const float *coarse, const float *fine,
                                  struct floe_squares s, float *scratch);
#endif
