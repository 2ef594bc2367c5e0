// Memory that the processes of one machine have in common, for the many small messages within a step. Through Gloo a
// message wakes up threads in both processes, which costs more than what they then do; here each writes its part where
// all can read it, and looks until the others have.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridge {

class Board {
 public:
  // Most bytes that one process can give at once.
  static constexpr size_t kBytes = size_t{1} << 18;

  // One with room for all, under a name of its own; null where there is no such memory.
  static std::unique_ptr<Board> make(int rank, int size);
  // That of another process of this machine; null where there is none of the name.
  static std::unique_ptr<Board> find(const std::string& name, int rank, int size);
  ~Board();
  Board(const Board&) = delete;

  const std::string& name() const { return name_; }
  // Once all have found it: the memory goes with the last of them, however they end.
  void forgetName();

  // Gives own bytes, and waits for the same number of bytes from everyone.
  // Returns where they are, by rank, until the next call but one. `waiting` is called now and then, and `gone` with the
  // rank of a process that has ended before it gave its own; what either throws ends the wait.
  std::vector<const void*> exchange(const void* own, size_t bytes, const std::function<void()>& waiting,
                                    const std::function<void(int)>& gone);

  // Whether a process that had found the board has ended, or has let go of it.
  bool isGone(int rank) const;

 private:
  Board(std::string name, int file, int rank, int size);

  std::string name_;
  int file_, rank_, size_;
  size_t length_;
  std::byte* memory_ = nullptr;
  uint64_t turn_ = 0;
  bool named_ = false;
};

}  // namespace bridge
