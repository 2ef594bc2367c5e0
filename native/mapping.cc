// Files as memory: an ArrayBuffer whose bytes the system reads when somebody looks at them, and lets go of when it needs
// room. Each mapping is private, so that a stray write neither ends the process nor reaches the file.
#include "bridge.h"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#endif

namespace bridge {

#if defined(__unix__) || defined(__APPLE__)
namespace {

void unmap(napi_env, void* data, void* bytes) { munmap(data, reinterpret_cast<size_t>(bytes)); }

// (open file) → ArrayBuffer of all its bytes, or undefined where the system maps none of it. The file may be closed and
// removed afterwards.
napi_value mapFile(Call& call) {
  struct stat facts;
  const int file = call.int32(0);
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size <= 0) return call.undefined();
  const size_t bytes = static_cast<size_t>(facts.st_size);
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
  if (data == MAP_FAILED) return call.undefined();
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(call.env(), data, bytes, unmap, reinterpret_cast<void*>(bytes), &buffer);
  if (status != napi_ok) munmap(data, bytes);
  check(call.env(), status);
  return buffer;
}

// Lets go of a mapping's pages now. They are read again from the file when somebody looks at them.
napi_value dropPages(Call& call) {
  void* data = nullptr;
  size_t bytes = 0;
  check(call.env(), napi_get_arraybuffer_info(call.env(), call[0], &data, &bytes));
  if (bytes > 0) madvise(data, bytes, MADV_DONTNEED);
  return call.undefined();
}

}  // namespace

void registerMapping(Environment& environment, napi_value exports) {
  exportFunction<mapFile>(environment, exports, "mapFile");
  exportFunction<dropPages>(environment, exports, "dropPages");
}
#else
namespace {

napi_value mapsNothing(Call& call) { return call.undefined(); }

}  // namespace

void registerMapping(Environment& environment, napi_value exports) {
  exportFunction<mapsNothing>(environment, exports, "mapFile");
  exportFunction<mapsNothing>(environment, exports, "dropPages");
}
#endif

}  // namespace bridge
