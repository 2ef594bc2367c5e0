// Gradients over lists of tensors, and the modes that change how operators run on this thread.
#include "bridge.h"

namespace bridge {

namespace {

napi_value gradient(Call& call) {
  call.environment().running = "grad";
  const auto outputs = call.tensorList(0), inputs = call.tensorList(1);
  const auto outputGradients = call.missing(2) ? std::vector<at::Tensor>() : call.tensorList(2);
  const bool retainGraph = call.boolean(3), createGraph = call.boolean(4), allowUnused = call.boolean(5);
  const auto gradients = torch::autograd::grad(outputs, inputs, outputGradients, retainGraph, createGraph, allowUnused);
  const napi_value result = fromIValue(call.environment(), c10::IValue(gradients));
  call.environment().endCall();
  return result;
}

napi_value backward(Call& call) {
  call.environment().running = "backward";
  const auto outputs = call.tensorList(0);
  const auto outputGradients = call.missing(1) ? std::vector<at::Tensor>() : call.tensorList(1);
  torch::autograd::backward(outputs, outputGradients, call.boolean(2), call.boolean(3));
  call.environment().endCall();
  return call.undefined();
}

napi_value gradientOf(Call& call) { return fromHandle(call.env(), call.environment().add(call.tensor(0).grad())); }

napi_value clearGradient(Call& call) {
  at::Tensor tensor = call.tensor(0);
  tensor.mutable_grad() = at::Tensor();
  return call.undefined();
}

napi_value setGradMode(Call& call) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(call.boolean(0));
  return fromBool(call.env(), before);
}

napi_value enterInferenceMode(Call& call) {
  call.environment().inferenceModes.push_back(std::make_unique<c10::InferenceMode>(true));
  return call.undefined();
}

napi_value exitInferenceMode(Call& call) {
  auto& modes = call.environment().inferenceModes;
  if (modes.empty()) throw BridgeError("argument", "inference mode is not active");
  modes.pop_back();
  return call.undefined();
}

#if TORCH_VERSION_MAJOR >= 2
bool autocastEnabled(at::DeviceType type) { return at::autocast::is_autocast_enabled(type); }
void setAutocast(at::DeviceType type, bool enabled) { at::autocast::set_autocast_enabled(type, enabled); }
void setAutocastDtype(at::DeviceType type, at::ScalarType dtype) { at::autocast::set_autocast_dtype(type, dtype); }
#else
bool autocastEnabled(at::DeviceType type) { return type == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled(); }
void setAutocast(at::DeviceType type, bool enabled) {
  if (type == at::kCPU) at::autocast::set_cpu_enabled(enabled);
  else at::autocast::set_enabled(enabled);
}
void setAutocastDtype(at::DeviceType type, at::ScalarType dtype) {
  if (type == at::kCPU) at::autocast::set_autocast_cpu_dtype(dtype);
  else at::autocast::set_autocast_gpu_dtype(dtype);
}
#endif

napi_value enterAutocast(Call& call) {
  const at::DeviceType type = deviceFromName(call.string(0)).type();
  if (autocastEnabled(type)) throw BridgeError("argument", "autocast is already active on this thread; it does not nest");
  setAutocastDtype(type, dtypeFromName(call.string(1)));
  setAutocast(type, true);
  at::autocast::increment_nesting();
  return call.undefined();
}

// Weights cast to low precision are cached while autocast is on; the cache must not outlive a weight update.
napi_value exitAutocast(Call& call) {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  setAutocast(deviceFromName(call.string(0)).type(), false);
  return call.undefined();
}

}  // namespace

void registerAutograd(Environment& environment, napi_value exports) {
  exportFunction<gradient>(environment, exports, "gradient");
  exportFunction<backward>(environment, exports, "backward");
  exportFunction<gradientOf>(environment, exports, "gradientOf");
  exportFunction<clearGradient>(environment, exports, "clearGradient");
  exportFunction<setGradMode>(environment, exports, "setGradMode");
  exportFunction<enterInferenceMode>(environment, exports, "enterInferenceMode");
  exportFunction<exitInferenceMode>(environment, exports, "exitInferenceMode");
  exportFunction<enterAutocast>(environment, exports, "enterAutocast");
  exportFunction<exitAutocast>(environment, exports, "exitAutocast");
}

}  // namespace bridge
