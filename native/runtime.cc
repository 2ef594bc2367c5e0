// Threads, random generators, devices, and what the engine says about itself.
#include "bridge.h"

namespace bridge {

namespace {

void set(napi_env env, napi_value object, const char* name, napi_value value) { check(env, napi_set_named_property(env, object, name, value)); }

// Where the processor cannot run NNPACK, it says so on standard error at every 1x1 convolution of a single thread.
void leaveOutNnpack() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 5)
  at::globalContext().setUserEnabledNNPACK(false);
#endif
}

napi_value engineInfo(Call& call) {
  napi_env env = call.env();
  napi_value info;
  check(env, napi_create_object(env, &info));
  set(env, info, "version", fromString(env, TORCH_VERSION));
  set(env, info, "configuration", fromString(env, at::show_config()));
  set(env, info, "parallel", fromString(env, at::get_parallel_info()));
  set(env, info, "mkl", fromBool(env, at::hasMKL()));
  set(env, info, "onednn", fromBool(env, at::globalContext().hasMKLDNN()));
  set(env, info, "cuda", fromBool(env, at::hasCUDA()));
  set(env, info, "cudaDevices", fromNumber(env, at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0));
  return info;
}

napi_value threads(Call& call) { return fromNumber(call.env(), at::get_num_threads()); }

napi_value setThreads(Call& call) {
  at::set_num_threads(call.int32(0));
  return call.undefined();
}

napi_value manualSeed(Call& call) {
  at::manual_seed(static_cast<uint64_t>(call.int64(0)));
  return call.undefined();
}

at::Generator& generatorAt(Call& call, size_t i) {
  const int32_t index = call.int32(i);
  auto& generators = call.environment().generators;
  if (index < 0 || static_cast<size_t>(index) >= generators.size() || !generators[index].defined()) {
    throw BridgeError("disposed", "the generator has been disposed");
  }
  return generators[index];
}

napi_value createGenerator(Call& call) {
  const at::Device device = deviceFromName(call.string(0));
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(static_cast<uint64_t>(call.int64(1)));
  auto& generators = call.environment().generators;
  const auto free = std::find_if(generators.begin(), generators.end(), [](const at::Generator& g) { return !g.defined(); });
  const auto slot = free - generators.begin();
  if (free == generators.end()) generators.emplace_back();
  generators[slot] = std::move(generator);
  return fromNumber(call.env(), static_cast<double>(slot));
}

napi_value releaseGenerator(Call& call) {
  generatorAt(call, 0) = at::Generator();
  return call.undefined();
}

napi_value seedGenerator(Call& call) {
  at::Generator& generator = generatorAt(call, 0);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(static_cast<uint64_t>(call.int64(1)));
  return call.undefined();
}

napi_value generatorState(Call& call) {
  at::Generator& generator = generatorAt(call, 0);
  std::lock_guard<std::mutex> lock(generator.mutex());
  return fromHandle(call.env(), call.environment().add(generator.get_state()));
}

napi_value setGeneratorState(Call& call) {
  at::Generator& generator = generatorAt(call, 0);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(call.tensor(1));
  return call.undefined();
}

napi_value setDeterministic(Call& call) {
  // cuBLAS reads it when a device first multiplies, and is deterministic only with a workspace of fixed size.
  if (call.boolean(0)) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::globalContext().setDeterministicAlgorithms(call.boolean(0), false);
#if TORCH_VERSION_MAJOR >= 2
  // Deterministic mode would also fill every fresh tensor with NaN, a debugging aid that costs a fifth of a step.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
  at::globalContext().setDeterministicCuDNN(call.boolean(0));
  at::globalContext().setBenchmarkCuDNN(!call.boolean(0));
  return call.undefined();
}

napi_value setTensorFloat32(Call& call) {
  at::globalContext().setAllowTF32CuBLAS(call.boolean(0));
  at::globalContext().setAllowTF32CuDNN(call.boolean(0));
  return call.undefined();
}

napi_value synchronize(Call& call) {
  const at::Device device = deviceFromName(call.string(0));
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.has_index() ? device.index() : 0);
  return call.undefined();
}

napi_value setErrorFactory(Call& call) {
  Environment& environment = call.environment();
  if (environment.errorFactory) check(call.env(), napi_delete_reference(call.env(), environment.errorFactory));
  check(call.env(), napi_create_reference(call.env(), call[0], 1, &environment.errorFactory));
  return call.undefined();
}

}  // namespace

void registerRuntime(Environment& environment, napi_value exports) {
  leaveOutNnpack();
  exportFunction<engineInfo>(environment, exports, "engineInfo");
  exportFunction<threads>(environment, exports, "threads");
  exportFunction<setThreads>(environment, exports, "setThreads");
  exportFunction<manualSeed>(environment, exports, "manualSeed");
  exportFunction<createGenerator>(environment, exports, "createGenerator");
  exportFunction<releaseGenerator>(environment, exports, "releaseGenerator");
  exportFunction<seedGenerator>(environment, exports, "seedGenerator");
  exportFunction<generatorState>(environment, exports, "generatorState");
  exportFunction<setGeneratorState>(environment, exports, "setGeneratorState");
  exportFunction<setDeterministic>(environment, exports, "setDeterministic");
  exportFunction<setTensorFloat32>(environment, exports, "setTensorFloat32");
  exportFunction<synchronize>(environment, exports, "synchronize");
  exportFunction<setErrorFactory>(environment, exports, "setErrorFactory");
}

}  // namespace bridge
