// Operators that make the host wait for a device, counted wherever libtorch calls them: autograd and composite operators
// reach them without the bridge. For tests and benches; nothing is counted, and nothing costs, unless asked for.
#include <ATen/record_function.h>

#include <map>
#include <unordered_set>

#include "bridge.h"

namespace bridge {

bool waitsForDevice(const char* name) {
  static const std::unordered_set<std::string> names{
      "aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal",
      "aten::_unique2", "aten::unique_dim", "aten::unique_consecutive",
  };
  return names.count(name) > 0;
}

namespace {

thread_local std::map<std::string, int64_t> counts;
thread_local at::CallbackHandle counting = 0;

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& function) {
  if (waitsForDevice(function.name())) counts[function.name()]++;
  return nullptr;
}

napi_value countWaits(Call& call) {
  if (counting != 0) throw BridgeError("argument", "waits are being counted already");
  counts.clear();
  counting = at::addThreadLocalCallback(at::RecordFunctionCallback(count).scopes({at::RecordScope::FUNCTION}));
  return call.undefined();
}

// How often each ran since countWaits, by name.
napi_value countedWaits(Call& call) {
  if (counting == 0) throw BridgeError("argument", "waits are not being counted");
  at::removeCallback(counting);
  counting = 0;
  napi_value result;
  check(call.env(), napi_create_object(call.env(), &result));
  for (const auto& [name, times] : counts)
    check(call.env(), napi_set_named_property(call.env(), result, name.c_str(), fromNumber(call.env(), static_cast<double>(times))));
  return result;
}

}  // namespace

void registerWaits(Environment& environment, napi_value exports) {
  exportFunction<countWaits>(environment, exports, "countWaits");
  exportFunction<countedWaits>(environment, exports, "countedWaits");
}

}  // namespace bridge
