#include "board.h"

#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

namespace bridge {

namespace {

using namespace std::chrono_literals;

using Turn = std::atomic<uint64_t>;
static_assert(Turn::is_always_lock_free, "processes share these numbers");

// A number of its own line of the cache, so that who writes one disturbs nobody who looks at another.
constexpr size_t kLine = 64;
// So often a process looks before it lets others work on its core: about 50 µs, longer than a message takes where the
// others are as far as it is.
constexpr int kLooks = 1000;
constexpr auto kNap = 20us;
// So many naps go between two looks for processes that have ended: some 50 ms.
constexpr int kNaps = 700;
constexpr const char* kFolder = "/dev/shm/";

// Turns are counted in a line each; two places a process follow, in which it writes in turn.
size_t lengthFor(int size) { return static_cast<size_t>(size) * (kLine + 2 * Board::kBytes); }

Turn& turnOf(std::byte* memory, int rank) { return *reinterpret_cast<Turn*>(memory + static_cast<size_t>(rank) * kLine); }

std::byte* placeOf(std::byte* memory, int rank, int size, uint64_t turn) {
  return memory + static_cast<size_t>(size) * kLine + (2 * static_cast<size_t>(rank) + turn % 2) * Board::kBytes;
}

// Each process holds a lock on one byte of the file. The system lets go of it however the process ends, and at once.
struct flock byteOf(int rank) {
  struct flock byte = {};
  byte.l_type = F_WRLCK;
  byte.l_whence = SEEK_SET;
  byte.l_start = rank;
  byte.l_len = 1;
  return byte;
}

void lookAgain() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

std::string newName() {
  std::random_device random;
  char name[40];
  std::snprintf(name, sizeof name, "dimseg-%08x%08x%08x", random(), random(), random());
  return name;
}

}  // namespace

Board::Board(std::string name, int file, int rank, int size)
    : name_(std::move(name)), file_(file), rank_(rank), size_(size), length_(lengthFor(size)) {
  void* memory = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  struct flock own = byteOf(rank_);
  if (memory == MAP_FAILED) return;
  if (fcntl(file_, F_OFD_SETLK, &own) == 0) memory_ = static_cast<std::byte*>(memory);
  else munmap(memory, length_);
}

std::unique_ptr<Board> Board::make(int rank, int size) {
  const std::string name = newName(), path = kFolder + name;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return nullptr;
  // Room is taken now: a write to a page that cannot be had would end the process. New pages are zeros.
  if (posix_fallocate(file, 0, static_cast<off_t>(lengthFor(size))) != 0) {
    close(file);
    unlink(path.c_str());
    return nullptr;
  }
  std::unique_ptr<Board> board(new Board(name, file, rank, size));
  board->named_ = true;
  return board->memory_ ? std::move(board) : nullptr;
}

std::unique_ptr<Board> Board::find(const std::string& name, int rank, int size) {
  const int file = open((kFolder + name).c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  std::unique_ptr<Board> board(new Board(name, file, rank, size));
  return board->memory_ ? std::move(board) : nullptr;
}

Board::~Board() {
  forgetName();
  if (memory_) munmap(memory_, length_);
  close(file_);
}

bool Board::isGone(int rank) const {
  struct flock byte = byteOf(rank);
  return fcntl(file_, F_OFD_GETLK, &byte) == 0 && byte.l_type == F_UNLCK;
}

void Board::forgetName() {
  if (named_) unlink((kFolder + name_).c_str());
  named_ = false;
}

// Two places are enough: who writes into one again has seen all others publish the turn between, which they do after
// having read it.
std::vector<const void*> Board::exchange(const void* own, size_t bytes, const std::function<void()>& waiting,
                                         const std::function<void(int)>& gone) {
  const uint64_t turn = ++turn_;
  std::memcpy(placeOf(memory_, rank_, size_, turn), own, bytes);
  turnOf(memory_, rank_).store(turn, std::memory_order_release);
  std::vector<const void*> all;
  for (int i = 0; i < size_; i++) {
    const auto isThere = [&] { return turnOf(memory_, i).load(std::memory_order_acquire) >= turn; };
    for (int looks = 0; !isThere(); looks++) {
      if (looks < kLooks) {
        lookAgain();
        continue;
      }
      waiting();
      // It may have given its part and gone in the meantime.
      if ((looks - kLooks) % kNaps == kNaps - 1 && isGone(i) && !isThere()) gone(i);
      std::this_thread::sleep_for(kNap);
    }
    all.push_back(placeOf(memory_, i, size_, turn));
  }
  return all;
}

}  // namespace bridge

#else

namespace bridge {

std::unique_ptr<Board> Board::make(int, int) { return nullptr; }
std::unique_ptr<Board> Board::find(const std::string&, int, int) { return nullptr; }
Board::~Board() = default;
void Board::forgetName() {}
bool Board::isGone(int) const { return false; }
std::vector<const void*> Board::exchange(const void*, size_t, const std::function<void()>&, const std::function<void(int)>&) {
  return {};
}

}  // namespace bridge

#endif
