// Memory for tensors that outlives them. A training step frees and asks for the same large blocks again and again;
// giving them back to the system makes its kernel zero every page anew, up to a third of a step's processor time.
// malloc told to keep them mixes blocks of all lifetimes and sizes and grows by a quarter. So large blocks are mapped
// one by one and kept by size, and never add more than a fixed share to what the tensors themselves needed at most.
#include "bridge.h"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <unordered_map>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace bridge {

#if defined(__unix__) || defined(__APPLE__)
namespace {

// Smaller blocks stay with libtorch's own allocator.
constexpr size_t kLarge = 1 << 20;
// Blocks of this many huge pages and more consist of them: the first touch costs one page fault instead of 512.
constexpr size_t kHugePage = 2 << 20, kLeastHugePages = 8;
// Of what malloc has free at the end of its heap.
constexpr int kKeptSmall = 64 << 20;
// Blocks in use and kept together, against the peak of those in use. At 1.1 a U-Net's step still maps blocks anew;
// at 1.3 it maps none.
constexpr double kMayExceedPeak = 1.3;
// A kept block serves a request if at most a quarter of it stays unused: three views pass in what four views left.
constexpr size_t kWasteDivisor = 4;

class KeepingAllocator final : public c10::Allocator {
 public:
  explicit KeepingAllocator(c10::Allocator* small) : small_(small) {}

  // libtorch 1.13 declares this const, later ones do not: whichever is virtual there is overridden.
  c10::DataPtr allocate(size_t bytes) { return give(bytes); }
  c10::DataPtr allocate(size_t bytes) const { return const_cast<KeepingAllocator*>(this)->give(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void returnKept() {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!kept_.empty()) unmapOldest();
    peakBytes_ = usedBytes_;
  }

  static KeepingAllocator* installed;

 private:
  struct Kept {
    void* address;
    uint64_t since;
  };

  c10::DataPtr give(size_t bytes) {
    if (bytes < kLarge) return small_->allocate(bytes);
    const std::lock_guard<std::mutex> lock(mutex_);
    void* address = takeKept(bytes);
    if (address == nullptr) address = mapNew(bytes);
    return {address, address, &release, c10::Device(c10::DeviceType::CPU)};
  }

  // The smallest block that serves; of several the one freed last, which the processor's cache may still hold.
  void* takeKept(size_t bytes) {
    const auto smallest = kept_.lower_bound(bytes);
    if (smallest == kept_.end() || smallest->first - bytes > smallest->first / kWasteDivisor) return nullptr;
    const auto found = std::prev(kept_.upper_bound(smallest->first));
    const auto [size, block] = *found;
    kept_.erase(found);
    keptBytes_ -= size;
    use(block.address, size);
    return block.address;
  }

  void use(void* address, size_t size) {
    inUse_[address] = size;
    usedBytes_ += size;
    peakBytes_ = std::max(peakBytes_, usedBytes_);
  }

  void* mapNew(size_t bytes) {
    const size_t unit = bytes >= kLeastHugePages * kHugePage ? kHugePage : pageSize();
    const size_t size = (bytes + unit - 1) / unit * unit;
    const auto limit = static_cast<size_t>(kMayExceedPeak * static_cast<double>(std::max(peakBytes_, usedBytes_ + size)));
    while (!kept_.empty() && usedBytes_ + keptBytes_ + size > limit) unmapOldest();
    void* address = map(size, unit);
    if (address == nullptr) {
      while (!kept_.empty()) unmapOldest();
      address = map(size, unit);
    }
    TORCH_CHECK(address != nullptr, "can't allocate memory: you tried to allocate ", bytes, " bytes");
    use(address, size);
    return address;
  }

  static size_t pageSize() {
    static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
  }

  // Returns null when the system refuses, or would only seem to grant: more than the machine has ends the process later.
  static void* map(size_t size, size_t alignment) {
    static const auto pages = static_cast<size_t>(sysconf(_SC_PHYS_PAGES));
    if (size / pageSize() > pages) return nullptr;
    const size_t spare = alignment > pageSize() ? alignment : 0;
    void* mapped = mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    if (spare == 0) return mapped;
    auto* begin = static_cast<char*>(mapped);
    const size_t before = (alignment - reinterpret_cast<uintptr_t>(begin) % alignment) % alignment;
    if (before > 0) munmap(begin, before);
    if (spare > before) munmap(begin + before + size, spare - before);
#if defined(MADV_HUGEPAGE)
    madvise(begin + before, size, MADV_HUGEPAGE);
#endif
    return begin + before;
  }

  void unmapOldest() {
    auto oldest = kept_.begin();
    for (auto block = kept_.begin(); block != kept_.end(); ++block) {
      if (block->second.since < oldest->second.since) oldest = block;
    }
    munmap(oldest->second.address, oldest->first);
    keptBytes_ -= oldest->first;
    kept_.erase(oldest);
  }

  static void release(void* address) {
    if (!installed->keep(address)) installed->small_->raw_deleter()(address);
  }

  bool keep(void* address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = inUse_.find(address);
    if (found == inUse_.end()) return false;
    usedBytes_ -= found->second;
    keptBytes_ += found->second;
    kept_.insert({found->second, {address, clock_++}});
    inUse_.erase(found);
    return true;
  }

  c10::Allocator* small_;
  std::mutex mutex_;
  std::unordered_map<void*, size_t> inUse_;
  std::multimap<size_t, Kept> kept_;
  size_t usedBytes_ = 0, keptBytes_ = 0, peakBytes_ = 0;
  uint64_t clock_ = 0;
};

KeepingAllocator* KeepingAllocator::installed = nullptr;

}  // namespace
#endif

namespace {

napi_value keepFreedMemory(Call& call) {
#if defined(__unix__) || defined(__APPLE__)
  static std::once_flag once;
  std::call_once(once, [] {
    // Never freed: tensors may outlive every JavaScript environment.
#if defined(__GLIBC__)
    // The smaller blocks: no system call for any of them, and no giving back what the next step asks for again.
    mallopt(M_MMAP_THRESHOLD, 2 * kLarge);
    mallopt(M_TRIM_THRESHOLD, kKeptSmall);
#endif
    KeepingAllocator::installed = new KeepingAllocator(c10::GetAllocator(c10::DeviceType::CPU));
    c10::SetAllocator(c10::DeviceType::CPU, KeepingAllocator::installed);
  });
  return fromBool(call.env(), true);
#else
  return fromBool(call.env(), false);
#endif
}

napi_value returnFreedMemory(Call& call) {
#if defined(__unix__) || defined(__APPLE__)
  if (KeepingAllocator::installed != nullptr) KeepingAllocator::installed->returnKept();
#endif
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  return call.undefined();
}

}  // namespace

void registerAllocator(Environment& environment, napi_value exports) {
  exportFunction<keepFreedMemory>(environment, exports, "keepFreedMemory");
  exportFunction<returnFreedMemory>(environment, exports, "returnFreedMemory");
}

}  // namespace bridge
