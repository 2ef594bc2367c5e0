// Joining, the collectives over libtorch's c10d, and the watch. Gloo works on tensors of the CPU, NCCL on those of a GPU
// where the addon is compiled for one; without it they are copied to the CPU and back. Small messages of processes on one
// machine go over a board. Every process sets a beat of its own in the store once a second, from a thread of its own, so
// that neither a long step nor a long validation is mistaken for death.
#include "world.h"

#include "board.h"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

// Before 2.11 the group is made in another way; with such a libtorch one process trains alone.
#if (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 11)) && \
    __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>) && !defined(__APPLE__)
#define DIMSEG_PROCESSES
#define USE_C10D_GLOO
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
// Its header asks for those of several parts of CUDA, which come in packages of their own.
#if defined(DIMSEG_CUDA) && __has_include(<nccl.h>) && __has_include(<cuda_runtime_api.h>) && __has_include(<nv/target>) && \
    __has_include(<cublas_v2.h>) && __has_include(<cusparse.h>) && __has_include(<cusolverDn.h>)
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif

namespace bridge {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::mutex currentMutex;
std::atomic<bool> givenUp = false;
// Left alone at the end of the process: its threads may be in the middle of a message to one that is gone.
auto* currentWorld = new std::shared_ptr<World>();

}  // namespace

std::shared_ptr<World> World::current() {
  std::lock_guard lock(currentMutex);
  return *currentWorld;
}

void World::enter(std::shared_ptr<World> world) {
  std::lock_guard lock(currentMutex);
  currentWorld->swap(world);
}

void World::giveUp() { givenUp = true; }

#ifdef DIMSEG_PROCESSES

namespace {

constexpr auto kBeat = 1s;
constexpr auto kLook = 20ms;
// Of one try to reach the store.
constexpr auto kTry = 5s;
// After a message failed, who gave no sign for so long is taken for the cause; and how long that is waited for.
constexpr auto kSuspicious = 4s, kJudgement = 8s;
// A process that was told and still has not ended by itself is ended.
constexpr auto kGrace = 10s;
// So long the keeper of the store stays, that the others can read what it wrote last.
constexpr auto kFarewell = 1500ms;
// Who is dead is found out by the beats; a live process may keep the others waiting, as in a long validation.
constexpr auto kMessage = std::chrono::hours(24 * 7);
constexpr int kExitCode = 7;
constexpr const char* kFailed = "failed";

std::string beatOf(int rank) { return "beat/" + std::to_string(rank); }
std::vector<uint8_t> bytesOf(const std::string& text) { return {text.begin(), text.end()}; }
std::string firstLine(const std::string& text) { return text.substr(0, text.find('\n')); }
std::string silent(int rank, int size) {
  return "process " + std::to_string(rank) + " of " + std::to_string(size) +
         " gave no sign of life any longer: it was killed or stopped, or its machine is gone";
}

}  // namespace

struct World::Group {
  explicit Group(const WorldPlace& at);
  ~Group();

  c10::intrusive_ptr<c10d::TCPStore> connect(bool keepsStore) const;
  void awaitAll(c10d::Store& named, const std::function<std::string(int)>& keyOf) const;
  c10::intrusive_ptr<c10d::Backend> gloo(const std::string& name) const;
  void shareBoard();
  bool takesGpu(const at::Tensor& tensor);
  at::Tensor movable(const at::Tensor& own);
  at::Tensor reduce(const at::Tensor& own, c10d::ReduceOp operation);
  std::vector<at::Tensor> onBoard(const at::Tensor& own);
  void finish(const c10::intrusive_ptr<c10d::Work>& work, int64_t bytes);
  void requireAll();
  void count(int64_t bytes, Clock::time_point begin);
  [[noreturn]] void lost(const std::string& found);
  [[noreturn]] void ended(int rank);
  std::string look(c10d::Store& store, uint64_t beat);
  void watch();

  // What the threads tell each other; held by callbacks too, which may come after the group has gone.
  struct Signal {
    std::mutex mutex;
    std::condition_variable changed;
    std::string failure;
    bool ending = false, suspicious = false, told = false;
    Clock::time_point looked = Clock::now();
    WorldTraffic traffic;
  };

  const WorldPlace place;
  const std::shared_ptr<Signal> signal = std::make_shared<Signal>();
  c10::intrusive_ptr<c10d::TCPStore> store;
  // Sums that are under way while others are begun and waited for have a group of their own: within one, the order counts.
  c10::intrusive_ptr<c10d::Backend> backend, aside;
  // Those of a GPU's tensors; null without NCCL, and before the first of them.
  c10::intrusive_ptr<c10d::Backend> gpuBackend, gpuAside;
  // Null where the processes are on several machines.
  std::unique_ptr<Board> board;
  // Of the watch: each one's last beat, and when it last changed.
  std::vector<std::vector<uint8_t>> beats;
  std::vector<Clock::time_point> moved;
  std::thread watcher;
};

World::Group::Group(const WorldPlace& at) : place(at) {
  givenUp = false;
  // Reads TORCH_CPP_LOG_LEVEL, which otherwise only Python does.
  c10::initLogging();
  const auto unmet = [&](const std::string& why) {
    return PeerError("process " + std::to_string(place.rank) + " of " + std::to_string(place.size) + " did not find the others at " +
                     place.host + ":" + std::to_string(place.port) + " (" + firstLine(why) + ")");
  };
  try {
    store = connect(place.keepsStore);
    auto named = c10::make_intrusive<c10d::PrefixStore>(place.name, store);
    named->set(beatOf(place.rank), bytesOf("0"));
    awaitAll(*named, beatOf);
    backend = gloo(place.name);
    aside = gloo(place.name + "/aside");
    shareBoard();
  } catch (const c10::Error& error) {
    throw unmet(error.what_without_backtrace());
  } catch (const std::exception& error) {
    throw unmet(error.what());
  }
  beats.resize(place.size);
  moved.assign(place.size, Clock::now());
  watcher = std::thread([this] { watch(); });
}

World::Group::~Group() {
  {
    std::lock_guard lock(signal->mutex);
    signal->ending = true;
  }
  signal->changed.notify_all();
  watcher.join();
}

// Tried for a short time again and again, since a try cannot be ended from outside.
c10::intrusive_ptr<c10d::TCPStore> World::Group::connect(bool keepsStore) const {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(place.port);
  options.isServer = keepsStore;
  options.waitWorkers = false;
  options.timeout = kTry;
  const auto end = Clock::now() + place.patience;
  while (true) {
    try {
      auto connected = c10::make_intrusive<c10d::TCPStore>(place.host, options);
      connected->setTimeout(place.patience);
      return connected;
    } catch (const c10::Error&) {
      // A port that is taken is not given free by waiting.
      if (keepsStore || givenUp || Clock::now() > end) throw;
    }
    std::this_thread::sleep_for(kLook);
  }
}

c10::intrusive_ptr<c10d::Backend> World::Group::gloo(const std::string& name) const {
  auto options = c10d::ProcessGroupGloo::Options::create_default(place.patience);
  // On one machine by the address of the meeting place: the machine's own name cannot be resolved everywhere. On several by
  // the interfaces that GLOO_SOCKET_IFNAME names, or by that name.
  const bool local = place.host == "127.0.0.1" || place.host == "localhost";
  if (local) options->devices = {c10d::ProcessGroupGloo::createDeviceForHostname(place.host)};
  auto named = c10::make_intrusive<c10d::PrefixStore>(name, store);
  auto group = c10::make_intrusive<c10d::ProcessGroupGloo>(named, place.rank, place.size, options);
  group->setTimeout(kMessage);
  return group;
}

// A board is used when all have found it, which only those on one machine can.
void World::Group::shareBoard() {
  c10d::PrefixStore named(place.name + "/board", store);
  const std::string name = "name";
  if (place.rank == 0) {
    board = Board::make(place.rank, place.size);
    named.set(name, bytesOf(board ? board->name() : "none"));
  } else {
    awaitAll(named, [&](int) { return name; });
    const auto given = named.get(name);
    board = Board::find({given.begin(), given.end()}, place.rank, place.size);
  }
  named.set(std::to_string(place.rank), bytesOf(board ? "found" : "none"));
  awaitAll(named, [](int rank) { return std::to_string(rank); });
  for (int i = 0; i < place.size; i++) {
    if (named.get(std::to_string(i)) != bytesOf("found")) board = nullptr;
  }
  if (board) board->forgetName();
}

// Whether a tensor is sent from the GPU that it is on.
bool World::Group::takesGpu([[maybe_unused]] const at::Tensor& tensor) {
#ifdef USE_C10D_NCCL
  if (!tensor.is_cuda()) return false;
  const auto make = [&](const std::string& name) {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = kMessage;
    auto named = c10::make_intrusive<c10d::PrefixStore>(place.name + name, store);
    return c10::make_intrusive<c10d::ProcessGroupNCCL>(named, place.rank, place.size, options);
  };
  if (!gpuBackend) {
    gpuBackend = make("/gpu");
    gpuAside = make("/gpuAside");
  }
  return true;
#else
  return false;
#endif
}

// A copy in one piece where it can be sent from.
at::Tensor World::Group::movable(const at::Tensor& own) {
  const at::Tensor near = takesGpu(own) ? own.detach() : own.detach().to(at::kCPU);
  return near.clone(at::MemoryFormat::Contiguous);
}

void World::Group::awaitAll(c10d::Store& named, const std::function<std::string(int)>& keyOf) const {
  const auto end = Clock::now() + place.patience;
  for (int i = 0; i < place.size; i++) {
    while (!named.check({keyOf(i)})) {
      if (givenUp) throw std::runtime_error("given up");
      if (Clock::now() > end) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(place.patience).count();
        throw std::runtime_error("process " + std::to_string(i) + " did not come within " + std::to_string(seconds) + " s");
      }
      std::this_thread::sleep_for(kLook);
    }
  }
}

at::Tensor World::Group::reduce(const at::Tensor& own, c10d::ReduceOp operation) {
  at::Tensor result = movable(own);
  std::vector<at::Tensor> message{result};
  c10d::AllreduceOptions options;
  options.reduceOp = std::move(operation);
  const auto& by = result.is_cuda() ? gpuBackend : backend;
  finish(by->allreduce(message, options), static_cast<int64_t>(result.nbytes()));
  return result.to(own.device());
}

// What each process gives, as tensors in one piece that hold until the next message but one; empty where it takes
// another way.
std::vector<at::Tensor> World::Group::onBoard(const at::Tensor& own) {
  if (!board || takesGpu(own) || own.nbytes() > Board::kBytes) return {};
  const auto begin = Clock::now();
  const at::Tensor given = own.detach().to(at::kCPU).contiguous();
  std::vector<at::Tensor> all;
  const auto waiting = [this] { requireAll(); };
  const auto gone = [this](int rank) { ended(rank); };
  for (const void* bytes : board->exchange(given.data_ptr(), given.nbytes(), waiting, gone)) {
    all.push_back(at::from_blob(const_cast<void*>(bytes), given.sizes(), given.options()));
  }
  count(static_cast<int64_t>(given.nbytes()), begin);
  return all;
}

void World::Group::count(int64_t bytes, Clock::time_point begin) {
  std::lock_guard lock(signal->mutex);
  signal->traffic.calls++;
  signal->traffic.bytes += bytes;
  signal->traffic.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
}

// Ends a wait once it is known that somebody is gone.
void World::Group::requireAll() {
  std::lock_guard lock(signal->mutex);
  // Where the machine of the store is gone, the watch itself hangs in a question to it.
  if (signal->failure.empty() && Clock::now() - signal->looked > 2 * place.silence) signal->failure = silent(0, place.size);
  if (signal->failure.empty()) return;
  signal->told = true;
  throw PeerError(signal->failure);
}

// Waits for a message, or for the news that one of those who take part in it is gone.
void World::Group::finish(const c10::intrusive_ptr<c10d::Work>& work, int64_t bytes) {
  const auto begin = Clock::now();
  auto done = std::make_shared<bool>(false);
  work->getFuture()->addCallback([signal = signal, done](c10::ivalue::Future&) {
    {
      std::lock_guard lock(signal->mutex);
      *done = true;
    }
    signal->changed.notify_all();
  });
  {
    std::unique_lock lock(signal->mutex);
    while (!*done) {
      signal->changed.wait_for(lock, kBeat, [&] { return *done || !signal->failure.empty(); });
      if (*done) break;
      lock.unlock();
      requireAll();
      lock.lock();
    }
  }
  count(bytes, begin);
  try {
    work->wait();
  } catch (const std::exception& error) {
    lost(firstLine(error.what()));
  }
}

// The board shows that a process has ended. If it had something to say of its end, that is in the store by now.
void World::Group::ended(int rank) {
  std::string reason = silent(rank, place.size);
  try {
    c10d::PrefixStore named(place.name, store);
    if (named.check({kFailed})) {
      const auto told = named.get(kFailed);
      reason.assign(told.begin(), told.end());
    } else {
      named.set(kFailed, bytesOf(reason));
    }
  } catch (const std::exception&) {
    // The store was that process's.
  }
  std::lock_guard lock(signal->mutex);
  if (signal->failure.empty()) signal->failure = reason;
  signal->told = true;
  throw PeerError(signal->failure);
}

// A message failed, which says that somebody is gone but not who: the board tells on one machine, else the beats.
void World::Group::lost(const std::string& found) {
  for (int i = 0; board && i < place.size; i++) {
    if (i != place.rank && board->isGone(i)) ended(i);
  }
  std::unique_lock lock(signal->mutex);
  signal->suspicious = true;
  signal->changed.wait_for(lock, kJudgement, [&] { return !signal->failure.empty(); });
  if (signal->failure.empty()) signal->failure = "another of the " + std::to_string(place.size) + " processes broke off (" + found + ")";
  signal->told = true;
  throw PeerError(signal->failure);
}

// One round of the watch: sets the own beat and reads those of the others.
// Returns what is known of the end of one of them.
std::string World::Group::look(c10d::Store& watched, uint64_t beat) {
  watched.set(beatOf(place.rank), bytesOf(std::to_string(beat)));
  if (watched.check({kFailed})) {
    const auto reason = watched.get(kFailed);
    return {reason.begin(), reason.end()};
  }
  std::vector<std::string> keys;
  for (int i = 0; i < place.size; i++) keys.push_back(beatOf(i));
  auto now = watched.multiGet(keys);
  const auto time = Clock::now();
  std::chrono::milliseconds limit = place.silence;
  {
    std::lock_guard lock(signal->mutex);
    if (signal->suspicious) limit = std::min<std::chrono::milliseconds>(limit, kSuspicious);
    signal->looked = time;
  }
  int oldest = -1;
  for (int i = 0; i < place.size; i++) {
    if (now[i] != beats[i]) moved[i] = time;
    if (i != place.rank && (oldest < 0 || moved[i] < moved[oldest])) oldest = i;
  }
  beats = std::move(now);
  if (oldest < 0) return "";
  // One that has parted at the end of the training lets go of the board as well, a moment before this one does.
  if (board && board->isGone(oldest)) limit = std::min<std::chrono::milliseconds>(limit, kSuspicious);
  if (time - moved[oldest] < limit) return "";
  const std::string reason = silent(oldest, place.size);
  watched.set(kFailed, bytesOf(reason));
  return reason;
}

void World::Group::watch() {
  std::string found;
  try {
    // A connection of its own, since a question of the main thread may take long.
    auto connection = connect(false);
    connection->setTimeout(place.silence);
    c10d::PrefixStore watched(place.name, connection);
    for (uint64_t beat = 1; (found = look(watched, beat)).empty(); beat++) {
      std::unique_lock lock(signal->mutex);
      if (signal->changed.wait_for(lock, kBeat, [&] { return signal->ending; })) return;
    }
    if (place.keepsStore) std::this_thread::sleep_for(kFarewell);
  } catch (const std::exception&) {
    found = silent(0, place.size);
  }
  std::unique_lock lock(signal->mutex);
  if (signal->failure.empty()) signal->failure = found;
  signal->changed.notify_all();
  if (signal->changed.wait_for(lock, kGrace, [&] { return signal->ending; })) return;
  if (!signal->told) std::fprintf(stderr, "error: %s\n", signal->failure.c_str());
  std::fflush(stderr);
  _exit(kExitCode);
}

World::World(WorldPlace place) : group_(std::make_unique<Group>(place)), place_(std::move(place)) {}
World::~World() = default;

at::Tensor World::sum(const at::Tensor& own) {
  const auto parts = group_->onBoard(own);
  if (parts.empty()) return group_->reduce(own, c10d::ReduceOp::SUM);
  // In the order of the ranks, so that all have the same bits.
  at::Tensor result = parts[0].clone();
  for (size_t i = 1; i < parts.size(); i++) result.add_(parts[i]);
  return result.to(own.device());
}

at::Tensor World::maximum(const at::Tensor& own) { return group_->reduce(own, c10d::ReduceOp::MAX); }

at::Tensor World::gather(const at::Tensor& own) {
  const auto parts = group_->onBoard(own);
  if (!parts.empty()) return at::cat(parts).to(own.device());
  std::vector<at::Tensor> given{group_->movable(own)};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int i = 0; i < size(); i++) all[0].push_back(at::empty_like(given[0]));
  const auto& by = given[0].is_cuda() ? group_->gpuBackend : group_->backend;
  group_->finish(by->allgather(all, given), static_cast<int64_t>(given[0].nbytes()) * size());
  return at::cat(all[0]).to(own.device());
}

std::function<void()> World::startSum(const at::Tensor& whole) {
  const bool inPlace = whole.is_cpu() || group_->takesGpu(whole);
  const at::Tensor sent = inPlace ? whole : group_->movable(whole);
  std::vector<at::Tensor> message{sent};
  const auto work = (sent.is_cuda() ? group_->gpuAside : group_->aside)->allreduce(message, {});
  return [this, work, whole, sent, inPlace] {
    group_->finish(work, static_cast<int64_t>(sent.nbytes()));
    if (!inPlace) at::Tensor(whole).copy_(sent);
  };
}

std::vector<at::Tensor> World::mean(const std::vector<at::Tensor>& own) {
  if (own.empty()) return {};
  std::vector<at::Tensor> flat, result;
  for (const auto& tensor : own) flat.push_back(tensor.detach().reshape(-1));
  const at::Tensor all = sum(at::cat(flat)).div_(size());
  int64_t at = 0;
  for (const auto& tensor : own) {
    result.push_back(at::empty_like(tensor).copy_(all.narrow(0, at, tensor.numel()).view(tensor.sizes())));
    at += tensor.numel();
  }
  return result;
}

std::vector<uint8_t> World::share(std::vector<uint8_t> own) {
  const auto fromFirst = [&](const at::Tensor& tensor) {
    std::vector<at::Tensor> message{tensor};
    group_->finish(group_->backend->broadcast(message, {}), static_cast<int64_t>(tensor.nbytes()));
  };
  const at::Tensor length = at::full({1}, static_cast<int64_t>(own.size()), at::kLong);
  fromFirst(length);
  own.resize(static_cast<size_t>(length.item<int64_t>()));
  if (own.empty()) return own;
  const at::Tensor bytes = at::empty({static_cast<int64_t>(own.size())}, at::kByte);
  std::memcpy(bytes.data_ptr(), own.data(), own.size());
  fromFirst(bytes);
  std::memcpy(own.data(), bytes.data_ptr(), own.size());
  return own;
}

void World::fail(const std::string& reason) {
  {
    std::lock_guard lock(group_->signal->mutex);
    if (!group_->signal->failure.empty()) return;
    group_->signal->failure = reason;
    group_->signal->told = true;
  }
  try {
    c10d::PrefixStore(place_.name, group_->store).set(kFailed, bytesOf(reason));
    if (place_.keepsStore) std::this_thread::sleep_for(kFarewell);
  } catch (const std::exception&) {
    // The others notice that this process is gone.
  }
}

std::string World::failure() const {
  std::lock_guard lock(group_->signal->mutex);
  return group_->signal->failure;
}

WorldTraffic World::traffic() const {
  std::lock_guard lock(group_->signal->mutex);
  return group_->signal->traffic;
}

#else

struct World::Group {};

World::World(WorldPlace) {
  throw PeerError("libtorch " TORCH_VERSION " cannot train in several processes here; take 2.11 or newer on Linux, or one process");
}
World::~World() = default;
at::Tensor World::sum(const at::Tensor& own) { return own; }
at::Tensor World::maximum(const at::Tensor& own) { return own; }
at::Tensor World::gather(const at::Tensor& own) { return own; }
std::vector<at::Tensor> World::mean(const std::vector<at::Tensor>& own) { return own; }
std::function<void()> World::startSum(const at::Tensor&) { return [] {}; }
std::vector<uint8_t> World::share(std::vector<uint8_t> own) { return own; }
void World::fail(const std::string&) {}
std::string World::failure() const { return ""; }
WorldTraffic World::traffic() const { return {}; }

#endif

}  // namespace bridge
