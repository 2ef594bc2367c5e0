#pragma once
#include "bridge.h"

namespace bridge {

class World;

// The mean over all processes of the gradients of each one's own outputs by leaves of the graph, one tensor each; zeros
// for those that take no part in it.
std::vector<at::Tensor> sharedGradients(World& world, const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs,
                                        bool retainGraph);

}  // namespace bridge
