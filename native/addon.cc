// The addon's entry. Each JavaScript environment gets its own state, so main thread and workers load and end freely.
#include "bridge.h"

NAPI_MODULE_INIT() {
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
  } catch (const std::exception& error) {
    napi_throw_error(env, "load", error.what());
  }
  return exports;
}
