// The processes that train together: one group of all of them, and a watch over who is still alive.
#pragma once
#include "bridge.h"

#include <chrono>
#include <functional>

namespace bridge {

// Another process of the training has ended, or cannot be reached.
struct PeerError : BridgeError {
  explicit PeerError(const std::string& message) : BridgeError("peer", message) {}
};

struct WorldPlace {
  std::string host;
  int port = 0, rank = 0, size = 1;
  // Whether this process keeps the store in which the others look each other up.
  bool keepsStore = false;
  // Tells several groups at one store apart.
  std::string name;
  // How long the others may take to come.
  std::chrono::milliseconds patience{};
  // How long a process may give no sign of life.
  std::chrono::milliseconds silence{};
};

struct WorldTraffic {
  int64_t calls = 0, bytes = 0;
  double seconds = 0;
};

class World {
 public:
  // The world of this process; null while it works alone.
  static std::shared_ptr<World> current();
  static void enter(std::shared_ptr<World> world);
  // Ends the waiting of one that is just being made.
  static void giveUp();

  // Waits for all to come. Throws PeerError when they do not.
  explicit World(WorldPlace place);
  ~World();
  World(const World&) = delete;

  int rank() const { return place_.rank; }
  int size() const { return place_.size; }

  // Collectives: every process calls the same ones in the same order. All give new tensors.
  at::Tensor sum(const at::Tensor& own);
  at::Tensor maximum(const at::Tensor& own);
  // The tensors of all processes, one after another along the first axis.
  at::Tensor gather(const at::Tensor& own);
  // The mean over processes of each tensor, in one message; layouts stay.
  std::vector<at::Tensor> mean(const std::vector<at::Tensor>& own);
  // Begins to sum in place what lies in one piece, while the caller goes on; several sums are begun in the same order by
  // all. Returns what waits for it.
  std::function<void()> startSum(const at::Tensor& whole);
  // What process 0 gives.
  std::vector<uint8_t> share(std::vector<uint8_t> own);

  // Tells the others why this process ends; best effort.
  void fail(const std::string& reason);
  // What was told or found out about the end of another process; empty while all live.
  std::string failure() const;
  WorldTraffic traffic() const;

 private:
  struct Group;
  std::unique_ptr<Group> group_;
  WorldPlace place_;
};

}  // namespace bridge
