// The world as JavaScript sees it. What may wait for other processes for long, as joining and the decisions between two
// steps, runs in the thread pool and settles a promise; the collectives within a step block, as the step does.
#include <functional>

#include "shared_gradients.h"
#include "world.h"

namespace bridge {

namespace {

std::shared_ptr<World> requireWorld() {
  auto world = World::current();
  if (!world) throw BridgeError("argument", "this process has joined no others");
  return world;
}

// One call in the thread pool. `work` runs there; `settle` turns what it gave into a value in the thread of JavaScript.
struct Job {
  Environment* environment;
  napi_async_work handle = nullptr;
  napi_deferred deferred = nullptr;
  std::function<void()> work;
  std::function<napi_value(napi_env)> settle;
  std::string kind, error;
};

void runJob(napi_env, void* data) {
  auto* job = static_cast<Job*>(data);
  try {
    job->work();
  } catch (const BridgeError& error) {
    job->kind = error.kind;
    job->error = error.what();
  } catch (const c10::Error& error) {
    job->kind = "torch";
    job->error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    job->kind = "torch";
    job->error = error.what();
  }
}

void endJob(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  napi_delete_async_work(env, job->handle);
  napi_value result = nullptr;
  if (job->kind.empty()) {
    result = job->settle(env);
    napi_resolve_deferred(env, job->deferred, result);
    return;
  }
  throwToJavaScript(*job->environment, job->kind.c_str(), job->error);
  napi_get_and_clear_last_exception(env, &result);
  napi_reject_deferred(env, job->deferred, result);
}

napi_value inThreadPool(Call& call, std::function<void()> work, std::function<napi_value(napi_env)> settle) {
  napi_env env = call.env();
  auto job = std::make_unique<Job>();
  job->environment = &call.environment();
  job->work = std::move(work);
  job->settle = std::move(settle);
  napi_value promise;
  check(env, napi_create_promise(env, &job->deferred, &promise));
  check(env, napi_create_async_work(env, nullptr, fromString(env, "dimseg.world"), runJob, endJob, job.get(), &job->handle));
  check(env, napi_queue_async_work(env, job->handle));
  job.release();
  return promise;
}

napi_value nothing(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

// (host, port, rank, size, keepsStore, name, patience in ms, silence in ms)
napi_value worldJoin(Call& call) {
  WorldPlace place;
  place.host = call.string(0);
  place.port = call.int32(1);
  place.rank = call.int32(2);
  place.size = call.int32(3);
  place.keepsStore = call.boolean(4);
  place.name = call.string(5);
  place.patience = std::chrono::milliseconds(call.int64(6));
  place.silence = std::chrono::milliseconds(call.int64(7));
  return inThreadPool(call, [place] { World::enter(std::make_shared<World>(place)); }, nothing);
}

napi_value worldLeave(Call& call) {
  World::giveUp();
  World::enter(nullptr);
  return call.undefined();
}

napi_value worldFail(Call& call) {
  if (const auto world = World::current()) world->fail(call.string(0));
  return call.undefined();
}

napi_value worldFailure(Call& call) {
  const auto world = World::current();
  return fromString(call.env(), world ? world->failure() : "");
}

napi_value worldTraffic(Call& call) {
  const auto world = World::current();
  const WorldTraffic traffic = world ? world->traffic() : WorldTraffic{};
  napi_env env = call.env();
  napi_value result;
  check(env, napi_create_object(env, &result));
  check(env, napi_set_named_property(env, result, "calls", fromNumber(env, static_cast<double>(traffic.calls))));
  check(env, napi_set_named_property(env, result, "bytes", fromNumber(env, static_cast<double>(traffic.bytes))));
  check(env, napi_set_named_property(env, result, "seconds", fromNumber(env, traffic.seconds)));
  return result;
}

napi_value worldSum(Call& call) { return fromHandle(call.env(), call.environment().add(requireWorld()->sum(call.tensor(0)))); }
napi_value worldGather(Call& call) { return fromHandle(call.env(), call.environment().add(requireWorld()->gather(call.tensor(0)))); }

napi_value worldMean(Call& call) { return fromIValue(call.environment(), c10::IValue(requireWorld()->mean(call.tensorList(0)))); }

// (outputs, inputs, retainGraph)
napi_value worldGradient(Call& call) {
  call.environment().running = "grad";
  const auto outputs = call.tensorList(0), inputs = call.tensorList(1);
  const auto gradients = sharedGradients(*requireWorld(), outputs, inputs, call.boolean(2));
  const napi_value result = fromIValue(call.environment(), c10::IValue(gradients));
  call.environment().endCall();
  return result;
}

// The largest of one number of each process.
napi_value worldLargest(Call& call) {
  const double own = call.number(0);
  auto largest = std::make_shared<double>(own);
  return inThreadPool(
      call, [largest, world = requireWorld()] { *largest = world->maximum(at::full({1}, *largest, at::kDouble)).item<double>(); },
      [largest](napi_env env) { return fromNumber(env, *largest); });
}

// The bytes that process 0 gives; those of the others do not matter.
napi_value worldShare(Call& call) {
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  if (!call.missing(0)) {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    check(call.env(), napi_get_typedarray_info(call.env(), call[0], &type, &length, &data, nullptr, nullptr));
    if (type != napi_uint8_array) throw BridgeError("argument", "expected a Uint8Array");
    bytes->assign(static_cast<uint8_t*>(data), static_cast<uint8_t*>(data) + length);
  }
  return inThreadPool(
      call, [bytes, world = requireWorld()] { *bytes = world->share(std::move(*bytes)); },
      [bytes](napi_env env) {
        napi_value buffer = nullptr, array = nullptr;
        void* data = nullptr;
        if (napi_create_arraybuffer(env, bytes->size(), &data, &buffer) != napi_ok) return nothing(env);
        if (!bytes->empty()) std::memcpy(data, bytes->data(), bytes->size());
        napi_create_typedarray(env, napi_uint8_array, bytes->size(), buffer, 0, &array);
        return array;
      });
}

}  // namespace

void registerDistributed(Environment& environment, napi_value exports) {
  exportFunction<worldJoin>(environment, exports, "worldJoin");
  exportFunction<worldLeave>(environment, exports, "worldLeave");
  exportFunction<worldFail>(environment, exports, "worldFail");
  exportFunction<worldFailure>(environment, exports, "worldFailure");
  exportFunction<worldTraffic>(environment, exports, "worldTraffic");
  exportFunction<worldSum>(environment, exports, "worldSum");
  exportFunction<worldGather>(environment, exports, "worldGather");
  exportFunction<worldMean>(environment, exports, "worldMean");
  exportFunction<worldGradient>(environment, exports, "worldGradient");
  exportFunction<worldLargest>(environment, exports, "worldLargest");
  exportFunction<worldShare>(environment, exports, "worldShare");
}

}  // namespace bridge
