// The addon's entry. Each JavaScript environment gets its own state, so main thread and workers load and end freely.
#include <dlfcn.h>

#include "bridge.h"

namespace bridge {

// waits.cc
void registerWaits(Environment& environment, napi_value exports);

}  // namespace bridge

namespace {

// Node unloads an addon when the last worker that used it ends, but libtorch's threads and tensors' deleters stay.
void stayLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&stayLoaded), &info) != 0) dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

}  // namespace

NAPI_MODULE_INIT() {
  stayLoaded();
  auto* environment = new bridge::Environment(env);
  const auto destroy = [](napi_env, void* data, void*) { delete static_cast<bridge::Environment*>(data); };
  if (napi_set_instance_data(env, environment, destroy, nullptr) != napi_ok) {
    delete environment;
    return nullptr;
  }
  try {
    bridge::registerOperators(*environment, exports);
    bridge::registerTensors(*environment, exports);
    bridge::registerAutograd(*environment, exports);
    bridge::registerRuntime(*environment, exports);
    bridge::registerAllocator(*environment, exports);
    bridge::registerMapping(*environment, exports);
    bridge::registerDistributed(*environment, exports);
    bridge::registerGraph(*environment, exports);
    bridge::registerWaits(*environment, exports);
  } catch (const std::exception& error) {
    napi_throw_error(env, "load", error.what());
  }
  return exports;
}
