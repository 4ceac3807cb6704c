#include "lanes.h"
#include "product.h"
#include "winograd_points.h"
#include "winograd_forward.h"
#include "winograd_weight_gradient.h"

static const struct winograd_code NAME(code) = {
    NAME(transform_weights), NAME(tiles_outer),           NAME(transform_inputs),
    NAME(panels_outer),      NAME(gradient_tiles_outer),  NAME(gradient_reduce),
    NAME(transform_both),    NAME(gradient_panels_outer),
};
